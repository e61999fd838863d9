// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import org.hookline.api.facet.Stepper;

/** An optimizer's numbers; what a step does to weights is its task's. */
abstract class CountedSteps implements Stepper {
    private final String optimizer;
    long steps;
    long skipped;
    double baseLearningRate = 0.1;
    volatile double learningRate = baseLearningRate;
    double momentum;

    CountedSteps(String optimizer) {
        this.optimizer = optimizer;
    }

    @Override
    public void skip() {
        skipped++;
    }

    @Override
    public String optimizer() {
        return optimizer;
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public long skipped() {
        return skipped;
    }

    @Override
    public double learningRate() {
        return learningRate;
    }

    @Override
    public double baseLearningRate() {
        return baseLearningRate;
    }

    @Override
    public void setLearningRate(double value) {
        learningRate = Stepper.checkLearningRate(value);
    }

    @Override
    public double momentum() {
        return momentum;
    }

    @Override
    public void setMomentum(double value) {
        momentum = Stepper.checkMomentum(value);
    }
}
