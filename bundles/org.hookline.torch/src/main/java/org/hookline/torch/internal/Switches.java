// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.Switch;

/** Switches of {@code at::Context}, of which there is one in the process. */
final class Switches {
    /** A getter and a setter, both of a context. */
    private record Access(MemorySegment get, MemorySegment set) {}

    private final MemorySegment context;
    private final Map<Switch, Access> switches = new EnumMap<>(Switch.class);

    Switches(Symbols symbols) {
        context = symbols.find("_ZN2at13globalContextEv", Feature.SWITCHES);
        add(symbols, Switch.TF32_MATMUL, "15allowTF32CuBLASEv", "18setAllowTF32CuBLASEb");
        add(symbols, Switch.TF32_CUDNN, "14allowTF32CuDNNEv", "17setAllowTF32CuDNNEb");
        add(symbols, Switch.CUDNN_BENCHMARK, "14benchmarkCuDNNEv", "17setBenchmarkCuDNNEb");
        add(symbols, Switch.DETERMINISTIC, "23deterministicAlgorithmsEv", "26setDeterministicAlgorithmsEbb");
        add(symbols, Switch.ONEDNN, "17userEnabledMkldnnEv", "20setUserEnabledMkldnnEb");
    }

    private void add(Symbols symbols, Switch which, String get, String set) {
        switches.put(which, new Access(symbols.find("_ZNK2at7Context" + get, Feature.SWITCHES),
                symbols.find("_ZN2at7Context" + set, Feature.SWITCHES)));
    }

    /** {@return whether a switch is on} */
    boolean isOn(Switch which) {
        try {
            long all = (long) Call.LONG_OF_NONE.invokeExact(context);
            return (boolean) Call.BOOL_OF_1.invokeExact(switches.get(which).get(), all);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Sets a switch and gives what it was. */
    boolean set(Switch which, boolean on) {
        boolean before = isOn(which);
        Access access = switches.get(which);
        try {
            long all = (long) Call.LONG_OF_NONE.invokeExact(context);
            if (which == Switch.DETERMINISTIC) {
                // The second flag would make a warning of the error.
                Call.VOID_OF_1_BOOL_2.invokeExact(access.set(), all, on, false);
            } else {
                Call.VOID_OF_1_BOOL.invokeExact(access.set(), all, on);
            }
            return before;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
