// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Progress;
import org.hookline.api.UserError;

/**
 * The form of a run's own part of a checkpoint: position, metrics and states of hooks.
 *
 * @param checkpoint where it is from, for messages
 */
record SavedRun(Path checkpoint) {
    private static final String PROGRESS = "progress";
    private static final String METRICS = "metrics";
    private static final String HOOKS = "hooks";

    /** {@return the parts by name} */
    static Map<String, Object> save(Progress progress, MetricStore metrics, Map<String, HookState> states) {
        Map<String, Object> position = new LinkedHashMap<>();
        position.put("iteration", progress.iteration());
        position.put("iterations_per_epoch", (long) progress.innerIterations());
        position.put("steps", progress.steps());
        position.put("samples", progress.samples());
        position.put("seconds", progress.elapsedSeconds());
        Map<String, Object> hooks = new LinkedHashMap<>();
        states.forEach((name, state) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("version", (long) state.version());
            one.put("state", state.values());
            hooks.put(name, one);
        });
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(PROGRESS, position);
        all.put(METRICS, metrics.save());
        all.put(HOOKS, hooks);
        return all;
    }

    /**
     * Takes up position and metrics.
     *
     * @throws UserError if they are of a run over other data, or cannot be read
     */
    void load(Map<String, Object> saved, LiveProgress progress, MetricStore metrics) {
        Map<?, ?> position = saved.get(PROGRESS) instanceof Map<?, ?> m ? m : Map.of();
        long perEpoch = number(position, "iterations_per_epoch").longValue();
        if (perEpoch != progress.innerIterations()) {
            throw new UserError("checkpoint " + checkpoint + " is of a run with " + perEpoch
                    + " iterations of an epoch, this one has " + progress.innerIterations()
                    + ": resume with the same data and batch_size");
        }
        progress.resume(number(position, "iteration").longValue(), number(position, "steps").longValue(),
                number(position, "samples").longValue(), number(position, "seconds").doubleValue());
        try {
            metrics.load(saved.get(METRICS) instanceof List<?> list ? list : List.of());
        } catch (IllegalArgumentException e) {
            throw new UserError("checkpoint " + checkpoint + ": " + e.getMessage(), e);
        }
    }

    private Number number(Map<?, ?> map, String key) {
        if (map.get(key) instanceof Number n) {
            return n;
        }
        throw new UserError("checkpoint " + checkpoint + " does not tell '" + key + "'");
    }

    /** {@return the states of hooks by name; their arrays belong to the scope with which they were read} */
    static Map<String, HookState> hooks(Map<String, Object> saved) {
        Map<String, HookState> states = new LinkedHashMap<>();
        if (saved.get(HOOKS) instanceof Map<?, ?> hooks) {
            hooks.forEach((name, one) -> {
                if (one instanceof Map<?, ?> map && map.get("version") instanceof Number version
                        && map.get("state") instanceof Map<?, ?> values) {
                    Map<String, Object> typed = new LinkedHashMap<>();
                    values.forEach((k, v) -> typed.put(k.toString(), v));
                    states.put(name.toString(),
                            new HookState(version.intValue(), typed, new HookState.Arrays(() -> null)));
                }
            });
        }
        return states;
    }
}
