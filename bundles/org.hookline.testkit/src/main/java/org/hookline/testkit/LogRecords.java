// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;

/** Records for tests of writers, of a run of three epochs of 100 iterations. */
public final class LogRecords {
    private LogRecords() {}

    /**
     * Describes the run.
     *
     * @param folder where it writes
     * @param started when it started
     * @return what a writer is opened with
     */
    public static RunInfo run(Path folder, Instant started) {
        return new RunInfo("r1", "digits", folder, started, 42, "cpu", Map.of("name", "digits"));
    }

    /** {@return what a run of 30 iterations writes that is never interrupted: logged each 5, evaluated each 10} */
    public static List<LogRecord> ofRun() {
        return List.of(training(5), evaluation(10, "test"), training(10), training(15), evaluation(20, "test"),
                training(20), training(25), evaluation(30, "test"), training(30), end(30));
    }

    /**
     * A record of training.
     *
     * @param iteration the number of iterations completed
     * @return with {@code loss}, whose smoothed value is 1 / iteration
     */
    public static LogRecord training(long iteration) {
        return of(Kind.TRAINING, iteration, "", Map.of("loss", 1.0 / iteration));
    }

    /**
     * A record of an evaluation.
     *
     * @param iteration the number of iterations completed
     * @param split what was evaluated
     * @return with the split's {@code accuracy}, which is 1 - 1 / iteration
     */
    public static LogRecord evaluation(long iteration, String split) {
        return of(Kind.EVALUATION, iteration, split, Map.of(split + "/accuracy", 1 - 1.0 / iteration));
    }

    /**
     * The record of the end.
     *
     * @param iteration the number of iterations completed
     * @return without scalars
     */
    public static LogRecord end(long iteration) {
        return of(Kind.END, iteration, "", Map.of());
    }

    /**
     * A record of any kind.
     *
     * @param kind the kind
     * @param iteration the number of iterations completed
     * @param split what was evaluated; empty for nothing
     * @param smoothed the smoothed values by name; the latest, the window's mean and the global mean are others
     * @return the record, without pictures and histograms
     */
    public static LogRecord of(Kind kind, long iteration, String split, Map<String, Double> smoothed) {
        Map<String, LogRecord.Value> scalars = new LinkedHashMap<>();
        smoothed.forEach((name, v) -> scalars.put(name, new LogRecord.Value(v + 1, v, v + 2, v + 3, true)));
        return new LogRecord(kind, Progress.Mode.BY_EPOCH, (int) ((iteration - 1) / 100), 3, iteration, 300,
                (int) ((iteration - 1) % 100) + 1, 100, iteration * 0.0123456, Double.NaN,
                split.isEmpty() ? Optional.empty() : Optional.of(split), scalars, Map.of(), Map.of());
    }
}
