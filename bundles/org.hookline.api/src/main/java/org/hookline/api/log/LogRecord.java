// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;

/**
 * What a writer gets at one moment; immutable, for any thread.
 *
 * @param kind what gave rise to it
 * @param mode how the run is counted
 * @param epoch from 0
 * @param epochs of the run; 0 in iteration mode
 * @param iteration the number of iterations completed
 * @param iterations of the run
 * @param innerIteration the number of iterations of this epoch completed
 * @param innerIterations of an epoch
 * @param elapsedSeconds since the run started
 * @param secondsLeft estimated, or NaN before there is an estimate
 * @param split what was evaluated; empty unless the kind is {@link Kind#EVALUATION}
 * @param scalars by name: newest values, smoothed where the metric says so
 * @param images PNG files by name
 * @param histograms values by name
 */
public record LogRecord(
        Kind kind, Progress.Mode mode, int epoch, int epochs, long iteration, long iterations, int innerIteration,
        int innerIterations, double elapsedSeconds, double secondsLeft, Optional<String> split,
        Map<String, Value> scalars, Map<String, byte[]> images, Map<String, float[]> histograms) {

    /** What gives rise to a record. */
    public enum Kind {
        /** A logging period of training is over. */
        TRAINING,
        /** An evaluation is over. */
        EVALUATION,
        /** The run is over. */
        END
    }

    /**
     * A scalar.
     *
     * @param latest the newest value
     * @param smoothed the median over the logger's window, or the newest value where it is not to be smoothed
     * @param windowMean the mean over the logger's window
     * @param globalMean the mean since the start of the run
     * @param fresh whether it is newer than the record before this one; a record of the end has older ones too
     */
    public record Value(double latest, double smoothed, double windowMean, double globalMean, boolean fresh) {}
}
