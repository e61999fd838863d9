// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.Metrics;
import org.hookline.api.TrainingContext;

/** Remembers the scalars of a run. To be added behind the hook that is tested, at level 60. */
public final class Recorder implements Hook {
    private final Map<String, List<Double>> values = new HashMap<>();
    private final Map<String, Long> seen = new HashMap<>();

    /** Makes the hook. */
    public Recorder() {}

    @Override
    public void afterTrainIter(TrainingContext context) {
        Metrics metrics = context.metrics();
        for (String name : metrics.names()) {
            metrics.series(name).filter(s -> s.count() > seen.getOrDefault(name, 0L)).ifPresent(s -> {
                seen.put(name, s.count());
                values.computeIfAbsent(name, n -> new ArrayList<>()).add(s.latest());
            });
        }
    }

    /**
     * Gives what was put under a name.
     *
     * @param name of the scalar
     * @return its newest value at the end of each iteration in which there was a new one
     */
    public List<Double> values(String name) {
        return List.copyOf(values.getOrDefault(name, List.of()));
    }
}
