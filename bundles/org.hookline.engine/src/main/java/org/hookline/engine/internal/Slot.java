// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDManager;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.Stage;
import org.hookline.api.Timing;

/** One hook's place in one run. Written by the training thread; {@link #info} may be called on any. */
@SuppressWarnings("EnumOrdinal") // arrays by stage: looked up around every call of a hook
final class Slot {
    private static final Stage[] STAGES = Stage.values();

    final String name;
    final HookContext context;
    final long joined;
    final boolean[] overrides = new boolean[STAGES.length];
    private final long[] counts = new long[STAGES.length];
    private final long[] totals = new long[STAGES.length];
    private final long[] longest = new long[STAGES.length];

    /** Replaced when the service's properties change, or a person moves it; the hook stays the same. */
    volatile HookSource source;

    /** What the service says itself. */
    volatile HookSource given;

    /** Whether {@code beforeTrain} was called, or need not be. Training thread only. */
    boolean started;

    volatile HookInfo.State state = HookInfo.State.ACTIVE;
    volatile String lastError;

    /** Set when the hook must not be called again, whatever the snapshot says. */
    volatile boolean detached;

    /** The scope for arrays of the call in progress, if the hook asked for one. */
    NDManager scope;

    Slot(String name, HookSource source, long joined, java.util.function.Function<Slot, HookContext> context) {
        this.name = name;
        this.source = source;
        this.given = source;
        this.joined = joined;
        this.context = context.apply(this);
        for (Stage stage : STAGES) {
            overrides[stage.ordinal()] = stage.overriddenBy(source.hook().getClass());
        }
    }

    Hook hook() {
        return source.hook();
    }

    boolean callable() {
        return state == HookInfo.State.ACTIVE && !detached;
    }

    void record(int stage, long nanos) {
        counts[stage]++;
        totals[stage] += nanos;
        if (nanos > longest[stage]) {
            longest[stage] = nanos;
        }
    }

    void closeScope() {
        if (scope != null) {
            scope.close();
            scope = null;
        }
    }

    HookInfo info(int order) {
        Map<Stage, Timing> timings = new EnumMap<>(Stage.class);
        for (Stage stage : STAGES) {
            int i = stage.ordinal();
            if (overrides[i]) {
                timings.put(stage, new Timing(counts[i], totals[i], longest[i]));
            }
        }
        HookSource s = source;
        return new HookInfo(order, name, s.type(), s.level(), s.kind(), s.policy().toString(), s.bundle(), s.version(),
                state, joined, Map.copyOf(timings), Optional.ofNullable(lastError));
    }
}
