// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.time.Duration;
import org.hookline.api.Progress;
import org.hookline.api.UserError;

/**
 * When what is handed to the writers.
 *
 * @param period iterations between two records; 0 for the end of each pass only
 * @param window values that are smoothed over
 * @param queue records that may wait for a writer
 * @param writerTimeout how long a writer may take for one record
 * @param closeTimeout how long the end of the run waits for the writers
 */
public record LoggerSettings(int period, int window, int queue, Duration writerTimeout, Duration closeTimeout) {

    /** The defaults of the run file. */
    public static final LoggerSettings DEFAULT =
            new LoggerSettings(10, 20, 256, Duration.ofSeconds(30), Duration.ofSeconds(3));

    /**
     * Checks the settings.
     *
     * @throws UserError if a value is out of its range
     */
    public LoggerSettings {
        check("period", period >= 0, period, "1 or more, or 0 for epochs only");
        check("window", window >= 1, window, "1 or more");
        check("queue", queue >= 1, queue, "1 or more");
        check("writer_timeout", writerTimeout.isPositive(), seconds(writerTimeout), "a time above 0 s");
        check("close_timeout", !closeTimeout.isNegative(), seconds(closeTimeout), "a time of 0 s or more");
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() * 1e-9;
    }

    private static void check(String key, boolean good, Object given, String expected) {
        if (!good) {
            throw new UserError("PeriodicLogger: " + key + " is " + given + ", expected " + expected);
        }
    }

    static LoggerSettings of(PeriodicLoggerConfig config) {
        return new LoggerSettings(config.period(), config.window(), config.queue(),
                Duration.ofNanos(Math.round(config.writerTimeout() * 1e9)),
                Duration.ofNanos(Math.round(config.closeTimeout() * 1e9)));
    }

    /**
     * Tells whether an iteration gives a record.
     *
     * @param p where the run is; the iteration is not counted yet
     * @return true for each period, the end of an epoch and the end of the run
     */
    boolean due(Progress p) {
        boolean passEnds = p.innerIteration() + 1 == p.innerIterations();
        if (period == 0) {
            return passEnds || p.iteration() + 1 == p.iterations();
        }
        return p.mode() == Progress.Mode.BY_EPOCH
                ? passEnds || (p.innerIteration() + 1) % period == 0
                : p.iteration() + 1 == p.iterations() || (p.iteration() + 1) % period == 0;
    }
}
