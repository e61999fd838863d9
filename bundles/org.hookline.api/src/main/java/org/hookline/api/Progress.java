// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import org.osgi.annotation.versioning.ProviderType;

/** Where a run is. Counters start at 0 and are live; they may be read on any thread. */
@ProviderType
public interface Progress {
    /** How a run is counted. */
    enum Mode {
        /** A number of passes over the data. */
        BY_EPOCH,
        /** A number of iterations, over as many passes as it takes; the epoch stages are not called. */
        BY_ITER
    }

    /** {@return how this run is counted} */
    Mode mode();

    /** {@return the number of passes over the data that were completed before this one} */
    int epoch();

    /** {@return the number of epochs of the run in epoch mode, otherwise 0} */
    int epochs();

    /** {@return the number of iterations (micro-batches) completed before this one} */
    long iteration();

    /** {@return the number of iterations of the whole run} */
    long iterations();

    /** {@return the number of iterations of this epoch completed before this one} */
    int innerIteration();

    /** {@return the number of iterations of an epoch} */
    int innerIterations();

    /** {@return the number of real optimizer steps so far} */
    long steps();

    /** {@return the number of training samples of completed iterations} */
    long samples();

    /** {@return the number of samples in the current batch} */
    int batchSize();

    /** {@return the time the training thread waited for the current batch, in seconds} */
    double dataSeconds();

    /** {@return the time since the run started without the pauses that a person made, in seconds} */
    double elapsedSeconds();

    /** {@return the time for which a person has paused the run so far, in seconds} */
    default double pausedSeconds() {
        return 0;
    }
}
