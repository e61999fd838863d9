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
     * @param learningRate at least 0, finite
     * @throws IllegalArgumentException if it is not ({@link #checkLearningRate})
     */
    void setLearningRate(double learningRate);

    /** {@return the momentum of SGD, or beta1 of Adam and AdamW} */
    double momentum();

    /**
     * Sets the momentum of SGD, or beta1 of Adam and AdamW.
     *
     * @param momentum in [0, 1)
     * @throws IllegalArgumentException if it is not ({@link #checkMomentum}), or the optimizer was set up without any
     */
    void setMomentum(double momentum);

    /**
     * Checks a learning rate, for implementations.
     *
     * @param learningRate what was given
     * @return the same
     * @throws IllegalArgumentException unless it is a number of 0 or more
     */
    static double checkLearningRate(double learningRate) {
        if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the learning rate is " + learningRate + ", expected a number of 0 or more");
        }
        return learningRate;
    }

    /**
     * Checks a momentum, for implementations.
     *
     * @param momentum what was given
     * @return the same
     * @throws IllegalArgumentException unless it is in [0, 1)
     */
    static double checkMomentum(double momentum) {
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("the momentum is " + momentum + ", expected 0 or more and less than 1");
        }
        return momentum;
    }
}
