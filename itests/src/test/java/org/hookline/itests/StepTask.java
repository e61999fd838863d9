// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;

/**
 * A task of about a millisecond an iteration that counts what the loop does: for tests of dynamics, not of training.
 */
final class StepTask implements TrainingTask {
    private long iterations;
    private TaskLink link;

    @Override
    public String device() {
        return "none";
    }

    @Override
    public int iterationsPerEpoch() {
        return 100;
    }

    @Override
    public void open(TaskLink taskLink) {
        link = taskLink;
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return Map.of();
    }

    @Override
    public void beginEpoch(int epoch, int skip) {}

    @Override
    public int nextBatch() throws InterruptedException {
        Thread.sleep(1);
        return 1;
    }

    @Override
    public void forward() {
        if (link.progress().iteration() != iterations) {
            throw new IllegalStateException("iteration " + link.progress().iteration() + " after " + iterations);
        }
        iterations++;
    }

    @Override
    public void endIteration() {}

    @Override
    public double[] read(List<NDArray> scalars) {
        return new double[scalars.size()];
    }

    @Override
    public NDManager newScope() {
        throw new IllegalStateException("no arrays here");
    }

    @Override
    public void close() {}
}
