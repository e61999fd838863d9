// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer;

import org.hookline.engine.ResumableTask;
import org.osgi.annotation.versioning.ProviderType;

/** A training task on DJL and PyTorch; what it offers beyond the loop's contract. Training thread only. */
@ProviderType
public interface DjlTask extends ResumableTask {
    /** {@return how often this task waited for the device to read from it; an iteration alone never does} */
    long deviceReads();

    /** {@return the live state of the optimizer: the arrays are the trainer's and change with each step} */
    OptimizerState optimizerState();

    /**
     * Takes a state that {@link #optimizerState} gave; the values are copied.
     *
     * @param state the state
     * @throws IllegalArgumentException if it belongs to another optimizer or model
     */
    void loadOptimizerState(OptimizerState state);
}
