// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.Stepper;
import org.hookline.api.facet.Weights;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TaskLink;
import org.hookline.engine.internal.MetricStore;
import org.hookline.torch.Torch;
import org.hookline.trainer.DjlTask;

/** The loop and the optimizer hook in their shortest form, to look at a task from close by. */
final class Driver implements TaskLink, Progress, AutoCloseable {
    private final RunSpec spec;
    private final DjlTask task;
    private final MetricStore metrics;
    private final List<String> events = new ArrayList<>();
    private int epoch;
    private int inner;
    private long iteration;
    private int batchSize;

    Driver(RunSpec spec, Optional<Torch> torch) throws Exception {
        this(spec, TestParts.factory(torch).create(spec));
    }

    Driver(RunSpec spec, DjlTask task) throws Exception {
        this.spec = spec;
        this.task = task;
        metrics = new MetricStore(this, task::read);
        task.open(this);
    }

    static Driver of(RunSpec spec) throws Exception {
        return new Driver(spec, TestTorch.TORCH);
    }

    DjlTask task() {
        return task;
    }

    <F> F facet(Class<F> type) {
        return type.cast(task.facets().get(type));
    }

    Gradients gradients() {
        return facet(Gradients.class);
    }

    Stepper stepper() {
        return facet(Stepper.class);
    }

    Weights weights() {
        return facet(Weights.class);
    }

    Evaluation evaluation() {
        return facet(Evaluation.class);
    }

    float[] flat() {
        return weights().flat().toFloatArray();
    }

    List<String> events() {
        return events;
    }

    Driver begin(int newEpoch, int skip) throws Exception {
        epoch = newEpoch;
        inner = skip;
        iteration = (long) newEpoch * task.iterationsPerEpoch() + skip;
        task.beginEpoch(newEpoch, skip);
        return this;
    }

    /** Batch, forward, backward and, where it is due, a step. */
    Driver iterate(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            batchSize = task.nextBatch();
            if (gradients().firstOfStep()) {
                gradients().zero();
            }
            task.forward();
            gradients().backward(1.0 / gradients().microBatchesOfStep());
            if (gradients().lastOfStep()) {
                stepper().step();
            }
            end();
        }
        return this;
    }

    void end() {
        task.endIteration();
        iteration++;
        inner++;
    }

    /** The whole run in epochs. */
    Driver run() throws Exception {
        for (int e = 0; e < spec.epochs(); e++) {
            begin(e, 0).iterate(innerIterations());
        }
        return this;
    }

    double loss() {
        return metrics.series("loss").orElseThrow().latest();
    }

    @Override
    public Progress progress() {
        return this;
    }

    @Override
    public Metrics metrics() {
        return metrics;
    }

    @Override
    public void optimizerStepped() {
        events.add("step");
    }

    @Override
    public void evaluationStarts() {
        events.add("evaluation starts");
    }

    @Override
    public void evaluationEnded(Evaluation.Result result) {
        events.add("evaluation of " + result.split() + " ended");
    }

    @Override
    public Mode mode() {
        return spec.mode();
    }

    @Override
    public int epoch() {
        return epoch;
    }

    @Override
    public int epochs() {
        return spec.epochs();
    }

    @Override
    public long iteration() {
        return iteration;
    }

    @Override
    public long iterations() {
        return spec.mode() == Mode.BY_EPOCH ? (long) spec.epochs() * innerIterations() : spec.iterations();
    }

    @Override
    public int innerIteration() {
        return inner;
    }

    @Override
    public int innerIterations() {
        return task.iterationsPerEpoch();
    }

    @Override
    public long steps() {
        return stepper().steps();
    }

    @Override
    public long samples() {
        return 0;
    }

    @Override
    public int batchSize() {
        return batchSize;
    }

    @Override
    public double dataSeconds() {
        return 0;
    }

    @Override
    public double elapsedSeconds() {
        return 0;
    }

    @Override
    public void close() throws IOException {
        metrics.names().forEach(n -> metrics.series(n));
        task.close();
    }
}
