// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;

/** Is deployed by {@link DeployLatency}: at its first iteration it leaves the time in a file. */
public final class ProbeHook implements StatefulHook {
    private boolean seen;

    @Override
    public void beforeTrainIter(TrainingContext context) throws IOException {
        if (!seen) {
            seen = true;
            Path file = Path.of(System.getProperty("probe.file"));
            Path whole = file.resolveSibling(file.getFileName() + ".tmp");
            Files.writeString(whole, Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now())));
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
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
