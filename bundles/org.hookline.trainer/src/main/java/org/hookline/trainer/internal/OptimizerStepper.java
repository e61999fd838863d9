// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.facet.Stepper;
import org.hookline.engine.Accumulation;
import org.hookline.engine.TaskLink;

/** The optimizer, for hooks. */
final class OptimizerStepper implements Stepper {
    private final FlatOptimizer optimizer;
    private final FlatGradients gradients;
    private final Accumulation accumulation;
    private final TaskLink link;
    private final IterationProfiler profiler;
    private final double baseLearningRate;
    /** Written on any thread. */
    private volatile double learningRate;
    private double momentum;
    private long steps;
    private long skipped;

    /**
     * Offers an optimizer.
     *
     * @param options what it starts from
     * @param optimizer does the steps
     * @param gradients what it steps with
     * @param accumulation how many steps there will be
     * @param link is told of each step
     * @param profiler is told of them too
     */
    OptimizerStepper(OptimizerOptions options, FlatOptimizer optimizer, FlatGradients gradients,
            Accumulation accumulation, TaskLink link, IterationProfiler profiler) {
        this.optimizer = optimizer;
        this.gradients = gradients;
        this.accumulation = accumulation;
        this.link = link;
        this.profiler = profiler;
        baseLearningRate = options.learningRate();
        learningRate = baseLearningRate;
        momentum = options.momentum();
    }

    /** How far it is, and how the next step goes. */
    record Position(long steps, long skipped, double learningRate, double momentum) {}

    Position position() {
        return new Position(steps, skipped, learningRate, momentum);
    }

    /** Goes back, or on, to a position. */
    void go(Position position) {
        steps = position.steps();
        skipped = position.skipped();
        learningRate = position.learningRate();
        momentum = position.momentum();
    }

    /** {@return the position as a checkpoint holds it} */
    Map<String, Object> save() {
        Position at = position();
        Map<String, Object> saved = new LinkedHashMap<>();
        saved.put("learning_rate", at.learningRate());
        saved.put("momentum", at.momentum());
        saved.put("steps", at.steps());
        saved.put("skipped", at.skipped());
        return saved;
    }

    /** Goes to the position that {@link #save} gave. */
    void load(Map<?, ?> saved) {
        if (!(saved.get("learning_rate") instanceof Double lr && saved.get("momentum") instanceof Double m
                && saved.get("steps") instanceof Long done && saved.get("skipped") instanceof Long left)) {
            throw new IllegalArgumentException("the place of the optimizer cannot be read");
        }
        go(new Position(done, left, lr, m));
    }

    @Override
    public void step() {
        long begin = profiler.begin();
        gradients.step(optimizer, learningRate, momentum);
        profiler.end("optimizer step", begin);
        steps++;
        link.optimizerStepped();
    }

    @Override
    public void skip() {
        skipped++;
    }

    @Override
    public String optimizer() {
        return optimizer.name();
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
    public long plannedSteps() {
        return accumulation.plannedSteps();
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
        Stepper.checkMomentum(value);
        if (value != 0 && optimizer instanceof FlatSgd sgd && !sgd.buffered()) {
            throw new IllegalArgumentException("sgd was set up without momentum; give it one in the run file");
        }
        momentum = value;
    }
}
