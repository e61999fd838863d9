// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;

/** Records of a run of epochs of 100 iterations. */
final class Entries {
    private Entries() {}

    static RunInfo run(Path folder, Instant started) {
        return new RunInfo("r1", "digits", folder, started, 42, "cpu", Map.of("name", "digits"));
    }

    static LogRecord training(long iteration) {
        return entry(Kind.TRAINING, iteration, "", Map.of("loss", 1.0 / iteration));
    }

    static LogRecord evaluation(long iteration, String split) {
        return entry(Kind.EVALUATION, iteration, split, Map.of(split + "/accuracy", 1 - 1.0 / iteration));
    }

    static LogRecord end(long iteration) {
        return entry(Kind.END, iteration, "", Map.of());
    }

    /** Values whose smoothed one is as given and whose others are not. */
    static LogRecord entry(Kind kind, long iteration, String split, Map<String, Double> smoothed) {
        Map<String, LogRecord.Value> scalars = new LinkedHashMap<>();
        smoothed.forEach((name, v) -> scalars.put(name, new LogRecord.Value(v + 1, v, v + 2, v + 3, true)));
        return new LogRecord(kind, Progress.Mode.BY_EPOCH, (int) ((iteration - 1) / 100), 3, iteration, 300,
                (int) ((iteration - 1) % 100) + 1, 100, iteration * 0.0123456, Double.NaN,
                split.isEmpty() ? Optional.empty() : Optional.of(split), scalars, Map.of(), Map.of());
    }
}
