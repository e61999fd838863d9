// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Queue;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;

/** Is deployed by {@link DeployLatency}: at its first iteration it says when that was. */
public final class ProbeHook implements StatefulHook {
    /** Under this name the system properties have the queue that takes the moments, in microseconds since 1970. */
    static final String CALLS = "probe.calls";

    private boolean seen;

    @Override
    @SuppressWarnings("unchecked")
    public void beforeTrainIter(TrainingContext context) {
        if (!seen) {
            seen = true;
            // A file is written by another thread: what it costs is not the deployment's.
            ((Queue<Long>) System.getProperties().get(CALLS))
                    .add(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
        }
    }

    @Override
    public Map<String, Object> saveState() {
        return Map.of("seen", seen);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        // Another version looks at its own first iteration.
    }
}
