// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;

/** A task whose mathematics is counting: every call of the loop leaves a trace. */
final class CountingTask implements TrainingTask {
    final List<String> trace = new ArrayList<>();
    final int perEpoch;
    long forwards;
    TaskLink link;
    boolean closed;

    CountingTask(int perEpoch) {
        this.perEpoch = perEpoch;
    }

    @Override
    public String device() {
        return "counter";
    }

    @Override
    public int iterationsPerEpoch() {
        return perEpoch;
    }

    @Override
    public void open(TaskLink taskLink) {
        link = taskLink;
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return Map.of(TaskLink.class, link);
    }

    @Override
    public void beginEpoch(int epoch, int skip) {
        trace.add("epoch " + epoch);
    }

    @Override
    public int nextBatch() {
        return 4;
    }

    @Override
    public void forward() {
        link.metrics().put("loss", forwards++);
    }

    @Override
    public void endIteration() {}

    @Override
    public double[] read(List<NDArray> scalars) {
        throw new IllegalStateException("nothing lies on a device here");
    }

    @Override
    public NDManager newScope() {
        return NDManager.newBaseManager(ai.djl.Device.cpu(), "none");
    }

    @Override
    public void close() {
        closed = true;
    }
}
