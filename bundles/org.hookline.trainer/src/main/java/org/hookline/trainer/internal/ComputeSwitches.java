// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.hookline.api.UserError;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.Blas;
import org.hookline.torch.Torch.Switch;

/**
 * How libtorch computes, as a run file asks for it. What it does not ask for stays as libtorch has it.
 *
 * @param settings switches of the process, and what they are to be
 * @param channelsLast whether images and the weights of convolutions are kept in the memory format channels last
 * @param blas whose matrix products are used on a CPU; empty for those that are the faster with the threads of the run
 */
record ComputeSwitches(Map<Switch, Boolean> settings, boolean channelsLast, Optional<Blas> blas) {
    /** cuBLAS reads it when it starts; without it its results differ from run to run. */
    static final String CUBLAS = "CUBLAS_WORKSPACE_CONFIG";

    ComputeSwitches {
        settings = Map.copyOf(settings);
    }

    /**
     * Reads the switches of a run.
     *
     * @param configuration of the run; {@code tf32} is true, false or anything else for libtorch's own choice, {@code
     *     blas} the name of one or anything else for the faster one
     * @param device where it computes; null where that is not known
     * @param torch the native operations, if they are there
     * @param environment environment variables; null for those not set
     * @return the switches
     * @throws UserError if they contradict one another, or cannot be set
     */
    static ComputeSwitches of(Map<String, Object> configuration, Device device, Optional<Torch> torch,
            UnaryOperator<String> environment) {
        Map<Switch, Boolean> settings = new EnumMap<>(Switch.class);
        if (configuration.get("tf32") instanceof Boolean tf32) {
            need("tf32", Torch.Feature.SWITCHES, torch);
            settings.put(Switch.TF32_MATMUL, tf32);
            settings.put(Switch.TF32_CUDNN, tf32);
        }
        boolean benchmark = Boolean.TRUE.equals(configuration.get("cudnn_benchmark"));
        if (benchmark) {
            need("cudnn_benchmark", Torch.Feature.SWITCHES, torch);
            settings.put(Switch.CUDNN_BENCHMARK, true);
        }
        if (Boolean.TRUE.equals(configuration.get("deterministic"))) {
            need("deterministic", Torch.Feature.SWITCHES, torch);
            if (benchmark) {
                throw new UserError(
                        "deterministic is true and cudnn_benchmark too: what is the fastest differs from run "
                        + "to run; leave one of them out");
            }
            if (device != null && device.isGpu()) {
                checkCublas(environment.apply(CUBLAS));
            }
            settings.put(Switch.DETERMINISTIC, true);
        }
        boolean channelsLast = Boolean.TRUE.equals(configuration.get("channels_last"));
        if (channelsLast) {
            need("channels_last", Torch.Feature.CHANNELS_LAST, torch);
        }
        return new ComputeSwitches(settings, channelsLast, blas(configuration.get("blas"), torch));
    }

    private static Optional<Blas> blas(Object name, Optional<Torch> torch) {
        if ("openblas".equals(name)) {
            need("blas: openblas", Torch.Feature.OPENBLAS, torch);
            return Optional.of(Blas.OPENBLAS);
        }
        return "libtorch".equals(name) ? Optional.of(Blas.LIBTORCH) : Optional.empty();
    }

    private static void need(String key, Torch.Feature feature, Optional<Torch> torch) {
        if (torch.isEmpty() || !torch.get().has(feature)) {
            throw new UserError(key + " cannot be set: " + torch.flatMap(t -> t.missing(feature))
                    .map(m -> "this libtorch lacks " + m).orElse("the bundle org.hookline.torch is not there")
                    + "; leave it out");
        }
    }

    private static void checkCublas(String value) {
        if (!":4096:8".equals(value) && !":16:8".equals(value)) {
            throw new UserError("deterministic on a GPU needs the environment variable " + CUBLAS
                    + "=:4096:8 (or :16:8) before the start, it is " + (value == null ? "not set" : "'" + value + "'"));
        }
    }

    /**
     * Sets the switches.
     *
     * @param torch the native operations
     * @param device where the run computes
     * @param threads of one native operation on a CPU
     * @return sets them back
     */
    Runnable apply(Optional<Torch> torch, Device device, int threads) {
        Deque<Runnable> undo = new ArrayDeque<>();
        if (!device.isGpu()) {
            // Not set back: a run beside this one would get other last bits in the middle.
            torch.ifPresent(t -> t.useBlas(blas.orElseGet(() -> t.fasterBlas(threads))));
        }
        settings.forEach((which, on) -> {
            boolean before = torch.orElseThrow().set(which, on);
            undo.push(() -> torch.orElseThrow().set(which, before));
        });
        return () -> undo.forEach(Runnable::run);
    }
}
