// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;

/** Computes nothing. */
class IdleTask implements TrainingTask {
    @Override
    public String device() {
        return "none";
    }

    @Override
    public int iterationsPerEpoch() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void open(TaskLink link) {}

    @Override
    public Map<Class<?>, Object> facets() {
        return Map.of();
    }

    @Override
    public void beginEpoch(int epoch, int skip) {}

    @Override
    public int nextBatch() {
        return 1;
    }

    @Override
    public void forward() {}

    @Override
    public void endIteration() {}

    @Override
    public double[] read(List<NDArray> scalars) {
        return new double[scalars.size()];
    }

    @Override
    public NDManager newScope() {
        throw new IllegalStateException("nothing is computed here");
    }

    @Override
    public void close() {}
}
