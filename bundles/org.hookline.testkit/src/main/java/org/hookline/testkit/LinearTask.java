// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.passthrough.PassthroughNDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.hookline.api.Progress;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.facet.Precision;
import org.hookline.api.facet.Snapshots;
import org.hookline.api.facet.Stepper;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;

/**
 * Linear regression in double precision: {@code loss = mean over the batch of (w.x - y)^2 / 2}, trained with SGD. Small
 * enough to be checked by hand, and every facet really computes. "Device" scalars are arrays whose reading is counted.
 */
public final class LinearTask implements TrainingTask {
    private final double[][] xs;
    private final double[] ys;
    private final int batchSize;
    private final List<String> splits;
    private final Set<Long> corrupt = new HashSet<>();
    private final double[] weights;
    private final double[] gradient;
    private final double[] velocity;
    private final Map<String, Evaluation.Result> results = new LinkedHashMap<>();
    private final MemoryGradients gradients = new MemoryGradients();
    private final MemoryStepper stepper = new MemoryStepper();
    private final MemoryEvaluation evaluation = new MemoryEvaluation();
    private final MemoryPrecision precision = new MemoryPrecision();
    private TaskLink link;
    private int accumulate = 1;
    private int from;
    private int to;
    private boolean used;
    private int reads;
    private int evaluations;

    /**
     * Makes a task whose samples come from a seed: {@code y} is a linear function of {@code x} with a little noise.
     *
     * @param seed of the samples
     * @param samples how many
     * @param features of a sample
     * @param batchSize samples of a micro-batch
     */
    public LinearTask(long seed, int samples, int features, int batchSize) {
        this(new double[samples][features], new double[samples], batchSize, List.of("test"));
        Random random = new Random(seed);
        double[] truth = random.doubles(features, -1, 1).toArray();
        for (int i = 0; i < samples; i++) {
            double y = 0.05 * random.nextGaussian();
            for (int j = 0; j < features; j++) {
                xs[i][j] = random.nextGaussian();
                y += truth[j] * xs[i][j];
            }
            ys[i] = y;
        }
    }

    /**
     * Makes a task.
     *
     * @param xs features by sample
     * @param ys target by sample
     * @param batchSize samples of a micro-batch
     * @param splits names of the splits that can be evaluated; each is the training data
     */
    public LinearTask(double[][] xs, double[] ys, int batchSize, List<String> splits) {
        this.xs = xs;
        this.ys = ys;
        this.batchSize = batchSize;
        this.splits = List.copyOf(splits);
        int features = xs[0].length;
        weights = new double[features];
        gradient = new double[features];
        velocity = new double[features];
    }

    /**
     * Sets the micro-batches of a step.
     *
     * @param microBatches at least 1
     * @return this
     */
    public LinearTask accumulate(int microBatches) {
        accumulate = microBatches;
        return this;
    }

    /**
     * Sets the optimizer.
     *
     * @param lr the learning rate that schedules start from
     * @param momentumOfSgd in [0, 1)
     * @return this
     */
    public LinearTask sgd(double lr, double momentumOfSgd) {
        stepper.baseLearningRate = lr;
        stepper.setLearningRate(lr);
        stepper.setMomentum(momentumOfSgd);
        return this;
    }

    /**
     * Sets the precision that hooks see; the task computes in double whatever it is.
     *
     * @param type what {@link Precision#type} gives at the start
     * @return this
     */
    public LinearTask precision(Precision.Type type) {
        precision.setType(type);
        return this;
    }

    /**
     * Makes the loss of an iteration infinite, and so its gradients NaN or infinite.
     *
     * @param iteration from 0
     * @return this
     */
    public LinearTask corrupt(long iteration) {
        corrupt.add(iteration);
        return this;
    }

    /** {@return the parameters, live} */
    public double[] weights() {
        return weights;
    }

    /** {@return how often somebody waited for the device: transfers of scalars, and finite checks} */
    public int deviceReads() {
        return reads;
    }

    /** {@return the number of evaluation passes} */
    public int evaluations() {
        return evaluations;
    }

    /** {@return the precision, which stays usable after the run} */
    public Precision precision() {
        return precision;
    }

    /** {@return the optimizer, which stays usable after the run} */
    public Stepper stepper() {
        return stepper;
    }

    /**
     * The loss over all samples.
     *
     * @return half of the mean squared error
     */
    public double loss() {
        double sum = 0;
        for (int i = 0; i < ys.length; i++) {
            sum += error(i) * error(i) / 2;
        }
        return sum / ys.length;
    }

    private double error(int sample) {
        double out = 0;
        for (int j = 0; j < weights.length; j++) {
            out += weights[j] * xs[sample][j];
        }
        return out - ys[sample];
    }

    @Override
    public String device() {
        return "java";
    }

    @Override
    public int iterationsPerEpoch() {
        return (ys.length + batchSize - 1) / batchSize;
    }

    @Override
    public void open(TaskLink taskLink) {
        link = taskLink;
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return Map.of(Gradients.class, gradients, Stepper.class, stepper, Evaluation.class, evaluation, ModelInfo.class,
                new OneLayer(), Snapshots.class, (Snapshots) Copy::new, Precision.class, precision);
    }

    @Override
    public void beginEpoch(int epoch, int skip) {
        to = skip * batchSize;
    }

    @Override
    public int nextBatch() {
        from = to;
        to = Math.min(from + batchSize, ys.length);
        return to - from;
    }

    @Override
    public void forward() {
        used = false;
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += error(i) * error(i) / 2;
        }
        boolean bad = corrupt.contains(link.progress().iteration());
        link.metrics().put("loss", device(bad ? Double.POSITIVE_INFINITY : sum / (to - from)));
    }

    @Override
    public void endIteration() {}

    private NDArray device(double value) {
        return PassthroughNDManager.INSTANCE.create(new float[] {(float) value}, new Shape());
    }

    @Override
    public double[] read(List<NDArray> scalars) {
        reads++;
        return scalars.stream().mapToDouble(a -> a.toFloatArray()[0]).toArray();
    }

    @Override
    public NDManager newScope() {
        return PassthroughNDManager.INSTANCE;
    }

    @Override
    public void close() {}

    private static final class MemoryPrecision implements Precision {
        private Type type = Type.FP32;

        @Override
        public Type type() {
            return type;
        }

        @Override
        public void setType(Type newType) {
            type = newType;
        }
    }

    private final class MemoryGradients implements Gradients {
        @Override
        public void zero() {
            Arrays.fill(gradient, 0);
        }

        @Override
        public void backward(double scale) {
            if (used) {
                throw new IllegalStateException("the loss of this micro-batch was already used");
            }
            used = true;
            double bad = corrupt.contains(link.progress().iteration()) ? Double.POSITIVE_INFINITY : 1;
            for (int i = from; i < to; i++) {
                for (int j = 0; j < gradient.length; j++) {
                    gradient[j] += scale * bad * error(i) * xs[i][j] / (to - from);
                }
            }
        }

        @Override
        public int accumulate() {
            return accumulate;
        }

        @Override
        public void setAccumulate(int microBatches) {
            accumulate = microBatches;
        }

        /** Of the epoch, over whose end a step does not reach; of the run in iteration mode, where it does. */
        private long position() {
            Progress p = link.progress();
            return p.mode() == Progress.Mode.BY_EPOCH ? p.innerIteration() : p.iteration();
        }

        private long length() {
            Progress p = link.progress();
            return p.mode() == Progress.Mode.BY_EPOCH ? p.innerIterations() : p.iterations();
        }

        @Override
        public boolean firstOfStep() {
            return position() % accumulate == 0;
        }

        @Override
        public boolean lastOfStep() {
            return position() % accumulate == accumulate - 1 || position() + 1 == length();
        }

        @Override
        public int microBatchesOfStep() {
            return (int) Math.min(accumulate, length() - position() / accumulate * accumulate);
        }

        @Override
        public NDArray flat() {
            float[] values = new float[gradient.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) gradient[i];
            }
            return PassthroughNDManager.INSTANCE.create(values);
        }

        private double l2() {
            double sum = 0;
            for (double g : gradient) {
                sum += g * g;
            }
            return Math.sqrt(sum);
        }

        @Override
        public NDArray norm() {
            return device(l2());
        }

        @Override
        public NDArray clipByNorm(double maxNorm) {
            double norm = l2();
            scale(Math.min(1, maxNorm / (norm + 1e-6)));
            return device(norm);
        }

        @Override
        public void clipByValue(double limit) {
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = Math.clamp(gradient[i], -limit, limit);
            }
        }

        @Override
        public void scale(double factor) {
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= factor;
            }
        }

        @Override
        public boolean isFinite() {
            reads++;
            return Arrays.stream(gradient).allMatch(Double::isFinite);
        }
    }

    private final class MemoryStepper extends CountedSteps {
        MemoryStepper() {
            super("sgd");
        }

        @Override
        public void step() {
            for (int i = 0; i < weights.length; i++) {
                velocity[i] = momentum * velocity[i] + gradient[i];
                weights[i] -= learningRate * velocity[i];
            }
            steps++;
            link.optimizerStepped();
        }

        @Override
        public long plannedSteps() {
            Progress p = link.progress();
            return p.mode() == Progress.Mode.BY_EPOCH
                    ? (long) p.epochs() * Math.ceilDiv(p.innerIterations(), accumulate)
                    : Math.ceilDiv(p.iterations(), (long) accumulate);
        }
    }

    /** One product of weights and features. */
    private final class OneLayer implements ModelInfo {
        @Override
        public Shape input() {
            return new Shape(weights.length);
        }

        @Override
        public List<Layer> layers() {
            return List.of(new Layer("linear", "Linear", Optional.of(new Shape(1)), weights.length, weights.length, 0,
                    OptionalDouble.of(2.0 * weights.length)));
        }
    }

    private final class Copy implements Snapshots.Snapshot {
        private final double[] savedWeights = weights.clone();
        private final double[] savedVelocity = velocity.clone();
        private final long steps = stepper.steps;
        private final long skipped = stepper.skipped;
        private final double savedRate = stepper.learningRate;
        private final double savedMomentum = stepper.momentum;

        @Override
        public void restore() {
            System.arraycopy(savedWeights, 0, weights, 0, weights.length);
            System.arraycopy(savedVelocity, 0, velocity, 0, velocity.length);
            stepper.steps = steps;
            stepper.skipped = skipped;
            stepper.learningRate = savedRate;
            stepper.momentum = savedMomentum;
        }

        @Override
        public void close() {}
    }

    private final class MemoryEvaluation implements Evaluation {
        @Override
        public List<String> splits() {
            return splits;
        }

        @Override
        public Result evaluate(String split) {
            if (!splits.contains(split)) {
                throw new IllegalArgumentException("there is no split '" + split + "'");
            }
            link.evaluationStarts();
            evaluations++;
            double loss = loss();
            Map<String, Double> values = new LinkedHashMap<>();
            values.put("loss", loss);
            values.put("score", 1 / (1 + loss));
            Result result = new Result(split, link.progress().epoch(), link.progress().iteration(), ys.length, 0.001,
                    values);
            results.remove(split);
            results.put(split, result);
            link.evaluationEnded(result);
            return result;
        }

        @Override
        public List<Result> latest() {
            return new ArrayList<>(results.values());
        }

        @Override
        public List<MetricInfo> metrics() {
            return List.of(new MetricInfo("loss", false), new MetricInfo("score", true));
        }
    }
}
