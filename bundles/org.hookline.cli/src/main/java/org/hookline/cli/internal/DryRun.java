// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.Hooks;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.SharedData;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.Stepper;
import org.hookline.engine.Accumulation;

/**
 * A run without mathematics: hooks that set the learning rate, the momentum or the accumulation are called as in a real
 * one, and what each optimizer step would use is written down. So the hooks themselves say what they will do.
 */
final class DryRun {
    /** More points than this are of no use to a picture. */
    private static final int MAX_POINTS = 20_000;

    /**
     * An optimizer step.
     *
     * @param number from 0
     * @param iteration the iteration that it ends
     * @param learningRate that it uses
     * @param momentum that it uses
     */
    record Step(long number, long iteration, double learningRate, double momentum) {}

    private final RunInfo info;
    private final BareProgress progress;
    private final DrySteps stepper;
    private final Accumulation accumulation;
    private final DryGradients gradients = new DryGradients();
    private final Context context = new Context();

    /**
     * Prepares one.
     *
     * @param info what the run is
     * @param mode how it is counted
     * @param epochs in epoch mode
     * @param iterations in iteration mode
     * @param perEpoch iterations of a pass over the data
     * @param accumulate micro-batches of a step
     * @param learningRate that of the run file
     * @param momentum that of the run file
     */
    DryRun(RunInfo info, Progress.Mode mode, int epochs, long iterations, int perEpoch, int accumulate,
            double learningRate, double momentum) {
        this.info = info;
        progress = new BareProgress(mode, mode == Progress.Mode.BY_EPOCH ? epochs : 0,
                mode == Progress.Mode.BY_EPOCH ? (long) epochs * perEpoch : iterations, perEpoch);
        accumulation = new Accumulation(mode, epochs, iterations, perEpoch, accumulate);
        stepper = new DrySteps(learningRate, momentum);
    }

    /**
     * Runs.
     *
     * @param hooks in their order
     * @return the steps; of a long run evenly spread ones, the first and the last among them
     * @throws Exception of a hook
     */
    List<Step> run(List<Hook> hooks) throws Exception {
        for (Hook hook : hooks) {
            hook.beforeTrain(context);
        }
        long every = Math.max(1, progress.iterations() / MAX_POINTS);
        List<Step> steps = new ArrayList<>();
        Step last = null;
        while (progress.iteration() < progress.iterations()) {
            if (progress.innerIteration() == 0) {
                accumulation.startPass(progress.epoch(), 0);
            }
            for (Hook hook : hooks) {
                hook.beforeTrainIter(context);
            }
            if (accumulation.last()) {
                last = new Step(stepper.steps, progress.iteration(), stepper.learningRate, stepper.momentum);
                if (stepper.steps % every == 0) {
                    steps.add(last);
                    last = null;
                }
                stepper.steps++;
            }
            for (Hook hook : hooks) {
                hook.afterTrainIter(context);
            }
            accumulation.endIteration();
            progress.next();
        }
        if (last != null) {
            steps.add(last);
        }
        return steps;
    }

    private final class DrySteps implements Stepper {
        private final double base;
        private long steps;
        private double learningRate;
        private double momentum;

        DrySteps(double learningRate, double momentum) {
            base = learningRate;
            this.learningRate = learningRate;
            this.momentum = momentum;
        }

        @Override
        public void step() {
            throw none("optimizer step");
        }

        @Override
        public void skip() {
            throw none("optimizer step");
        }

        @Override
        public String optimizer() {
            return "none";
        }

        @Override
        public long steps() {
            return steps;
        }

        @Override
        public long skipped() {
            return 0;
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
            return base;
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

    private final class DryGradients implements Gradients {
        @Override
        public int accumulate() {
            return accumulation.microBatches();
        }

        @Override
        public void setAccumulate(int microBatches) {
            accumulation.setMicroBatches(microBatches);
        }

        @Override
        public boolean firstOfStep() {
            return accumulation.first();
        }

        @Override
        public boolean lastOfStep() {
            return accumulation.last();
        }

        @Override
        public int microBatchesOfStep() {
            return accumulation.size();
        }

        @Override
        public void zero() {
            throw none("gradient");
        }

        @Override
        public void backward(double scale) {
            throw none("gradient");
        }

        @Override
        public NDArray flat() {
            throw none("gradient");
        }

        @Override
        public NDArray norm() {
            throw none("gradient");
        }

        @Override
        public NDArray clipByNorm(double maxNorm) {
            throw none("gradient");
        }

        @Override
        public void clipByValue(double limit) {
            throw none("gradient");
        }

        @Override
        public void scale(double factor) {
            throw none("gradient");
        }

        @Override
        public boolean isFinite() {
            throw none("gradient");
        }
    }

    private static IllegalStateException none(String what) {
        return new IllegalStateException("without training there is no " + what);
    }

    /** Takes scalars and keeps none. */
    private static final class NoMetrics implements Metrics {
        @Override
        public void put(String name, double value) {}

        @Override
        public void put(String name, double value, boolean smooth) {}

        @Override
        public void put(String name, NDArray scalar) {
            scalar.close();
        }

        @Override
        public void putImage(String name, byte[] png) {}

        @Override
        public void putHistogram(String name, float[] values) {}

        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public Optional<Series> series(String name) {
            return Optional.empty();
        }

        @Override
        public Map<String, Double> latest() {
            return Map.of();
        }

        @Override
        public Map<String, byte[]> images() {
            return Map.of();
        }

        @Override
        public Map<String, float[]> histograms() {
            return Map.of();
        }
    }

    private static final class Shared implements SharedData {
        private final Map<String, Object> values = new HashMap<>();

        @Override
        public <T> void put(Key<T> key, T value) {
            values.put(key.name(), value);
        }

        @Override
        public <T> Optional<T> get(Key<T> key) {
            return Optional.ofNullable(values.get(key.name())).map(key.type()::cast);
        }

        @Override
        public void remove(Key<?> key) {
            values.remove(key.name());
        }
    }

    private final class Context implements TrainingContext {
        private final Metrics metrics = new NoMetrics();
        private final SharedData shared = new Shared();

        @Override
        public Progress progress() {
            return progress;
        }

        @Override
        public Metrics metrics() {
            return metrics;
        }

        @Override
        public RunInfo run() {
            return info;
        }

        @Override
        public Hooks hooks() {
            return List::of;
        }

        @Override
        public SharedData shared() {
            return shared;
        }

        @Override
        public String hookName() {
            return "schedule";
        }

        @Override
        public boolean late() {
            return false;
        }

        @Override
        public void stop(String reason) {}

        @Override
        public void checkpoint(String reason) {}

        @Override
        public void event(String type, Map<String, ?> details) {}

        @Override
        public <F> F facet(Class<F> type) {
            return findFacet(type).orElseThrow(() -> none(type.getSimpleName()));
        }

        @Override
        public <F> Optional<F> findFacet(Class<F> type) {
            return type == Stepper.class ? Optional.of(type.cast(stepper))
                    : type == Gradients.class ? Optional.of(type.cast(gradients)) : Optional.empty();
        }

        @Override
        public NDManager manager() {
            throw none("array");
        }
    }
}
