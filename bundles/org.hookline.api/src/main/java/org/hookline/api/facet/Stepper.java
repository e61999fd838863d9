// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import org.osgi.annotation.versioning.ProviderType;

/** The optimizer. Training thread only, except {@link #setLearningRate}, which any thread may call. */
@ProviderType
public interface Stepper {
    /** Does one optimizer step with the current gradients; {@code afterOptimizerStep} of all hooks follows. */
    void step();

    /** Counts one optimizer step as skipped, because its gradients were not finite. */
    void skip();

    /** {@return the optimizer's name, for example {@code adamw}} */
    String optimizer();

    /** {@return the number of steps done} */
    long steps();

    /** {@return the number of steps skipped} */
    long skipped();

    /** {@return the number of steps that the whole run will do at the current accumulation} */
    long plannedSteps();

    /** {@return the learning rate that the next step uses} */
    double learningRate();

    /** {@return the learning rate of the run file, which schedules start from} */
    double baseLearningRate();

    /**
     * Sets the learning rate for the next step on.
     *
     * @param learningRate at least 0
     */
    void setLearningRate(double learningRate);

    /** {@return the momentum of SGD, or beta1 of Adam and AdamW} */
    double momentum();

    /**
     * Sets the momentum of SGD, or beta1 of Adam and AdamW.
     *
     * @param momentum in [0, 1)
     */
    void setMomentum(double momentum);
}
