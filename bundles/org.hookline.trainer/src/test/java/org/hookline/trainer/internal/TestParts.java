// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.training.loss.SoftmaxCrossEntropyLoss;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunSpec;
import org.hookline.torch.SelfAttentionBlock;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;

/** Small data sets, models, losses and metrics, and runs of them. */
final class TestParts {
    private TestParts() {}

    /** Samples in arrays. */
    static class ArraySplit implements Split {
        private final float[][] features;
        private final long[] classes;
        private final float[] targets;

        ArraySplit(float[][] features, long[] classes, float[] targets) {
            this.features = features;
            this.classes = classes;
            this.targets = targets;
        }

        @Override
        public int size() {
            return features.length;
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            out.put(features[index]);
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            out.put(classes[index]);
        }

        @Override
        public void readTarget(int index, FloatBuffer out) {
            out.put(targets[index]);
        }
    }

    /** Breaks off in its third batch of 64. */
    private static final class BrokenSplit extends ArraySplit {
        private int read;

        BrokenSplit() {
            super(new float[512][2], new long[512], null);
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            if (read++ == 150) {
                throw new IllegalStateException("the disk is gone");
            }
            super.readFeatures(index, out, random);
        }
    }

    private record TwoSplits(SampleSpec spec, Map<String, Split> splits) implements Dataset {}

    /** Two half circles that reach into one another, two classes. */
    static Split moons(int samples, long seed) {
        Random random = new Random(seed);
        float[][] features = new float[samples][];
        long[] classes = new long[samples];
        for (int i = 0; i < samples; i++) {
            double angle = Math.PI * random.nextDouble();
            boolean upper = i % 2 == 0;
            double x = upper ? Math.cos(angle) : 1 - Math.cos(angle);
            double y = upper ? Math.sin(angle) : 0.5 - Math.sin(angle);
            features[i] = new float[] {
                (float) (x + 0.1 * random.nextGaussian()), (float) (y + 0.1 * random.nextGaussian())
            };
            classes[i] = upper ? 0 : 1;
        }
        return new ArraySplit(features, classes, null);
    }

    /** y = 2 x0 - 3 x1 + 0.5. */
    static Split line(int samples, long seed) {
        Random random = new Random(seed);
        float[][] features = new float[samples][];
        float[] targets = new float[samples];
        for (int i = 0; i < samples; i++) {
            features[i] = new float[] {(float) random.nextGaussian(), (float) random.nextGaussian()};
            targets[i] = 2 * features[i][0] - 3 * features[i][1] + 0.5f;
        }
        return new ArraySplit(features, null, targets);
    }

    /** Squares of two colours: which of the two is larger is the class. */
    static Split squares(int samples, long seed) {
        Random random = new Random(seed);
        float[][] features = new float[samples][3 * 8 * 6];
        long[] classes = new long[samples];
        for (int i = 0; i < samples; i++) {
            classes[i] = i % 2;
            for (int j = 0; j < features[i].length; j++) {
                int channel = j / (8 * 6);
                features[i][j] = (float) (random.nextGaussian() * 0.3 + (channel == classes[i] ? 1 : 0));
            }
        }
        return new ArraySplit(features, classes, null);
    }

    static final SampleSpec SQUARES = SampleSpec.classification(new Shape(3, 8, 6), List.of("red", "green"));
    static final SampleSpec MOONS = SampleSpec.classification(new Shape(2), List.of("upper", "lower"));
    static final SampleSpec LINE = SampleSpec.regression(new Shape(2), 1);

    private record Data(List<Option> options, java.util.function.Function<Options, Dataset> opener)
            implements DatasetProvider {
        @Override
        public Dataset open(Options given) {
            return opener.apply(given);
        }
    }

    private static final List<Option> SIZE = List.of(Option.of("samples", Option.Type.INTEGER, 512, "How many."));

    static Map<String, DatasetProvider> datasets() {
        Map<String, DatasetProvider> all = new LinkedHashMap<>();
        all.put("moons", new Data(SIZE, o -> new TwoSplits(MOONS,
                Map.of("train", moons(o.integer("samples"), 1), "test", moons(300, 2)))));
        all.put("squares", new Data(SIZE, o -> new TwoSplits(SQUARES,
                Map.of("train", squares(o.integer("samples"), 1), "test", squares(100, 2)))));
        all.put("line", new Data(SIZE, o -> new TwoSplits(LINE,
                Map.of("train", line(o.integer("samples"), 1), "test", line(100, 2)))));
        all.put("broken", new Data(List.of(), o -> new TwoSplits(MOONS, Map.of("train", new BrokenSplit()))));
        all.put("nothing", new Data(List.of(), o -> new TwoSplits(LINE, Map.of("test", line(10, 1)))));
        return all;
    }

    private record Model(List<Option> options, java.util.function.BiFunction<Options, SampleSpec, Block> maker)
            implements ModelProvider {
        @Override
        public Block create(Options given, SampleSpec samples) {
            return maker.apply(given, samples);
        }
    }

    static Block linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    private static Block convolution(int filters) {
        return Conv2d.builder().setKernelShape(new Shape(3, 3)).optPadding(new Shape(1, 1)).setFilters(filters).build();
    }

    static Map<String, ModelProvider> models() {
        Map<String, ModelProvider> all = new LinkedHashMap<>();
        all.put("attention", new Model(List.of(), (o, s) -> new SequentialBlock()
                .add(LambdaBlock.singleton(features -> features.reshape(-1, 1, 2), "sequence"))
                .add(ScaledDotProductAttentionBlock.builder().setEmbeddingSize(2).setHeadCount(1).build())
                .add(LambdaBlock.singleton(sequence -> sequence.reshape(-1, 2), "row"))));
        all.put("own attention", new Model(List.of(), (o, s) -> new SequentialBlock()
                .add(LambdaBlock.singleton(features -> features.reshape(-1, 1, 2), "sequence"))
                .add(new SelfAttentionBlock(TorchLoader.load(), 2, 1, 0, SelfAttentionBlock.Queries.ALL))
                .add(LambdaBlock.singleton(sequence -> sequence.reshape(-1, 2), "row"))));
        all.put("lstm", new Model(List.of(), (o, s) -> new SequentialBlock()
                .add(LambdaBlock.singleton(features -> features.reshape(-1, 1, 2), "sequence"))
                .add(LSTM.builder().setStateSize(2).setNumLayers(1).optBatchFirst(true).build())
                .add(LambdaBlock.singleton(sequence -> sequence.reshape(-1, 2), "row"))));
        all.put("mlp", new Model(List.of(Option.of("hidden", Option.Type.INTEGER, 32, "Units.")), (o, s) ->
                new SequentialBlock().add(linear(o.integer("hidden"))).add(Activation::relu)
                        .add(linear(o.integer("hidden"))).add(Activation::relu).add(linear(s.outputs()))));
        all.put("norm", new Model(List.of(), (o, s) ->
                new SequentialBlock().add(linear(32)).add(BatchNorm.builder().build()).add(Activation::relu)
                        .add(Dropout.builder().optRate(0.3f).build()).add(linear(s.outputs()))));
        all.put("convolutions", new Model(List.of(), (o, s) ->
                new SequentialBlock().add(convolution(8)).add(BatchNorm.builder().build()).add(Activation::relu)
                        .add(Pool.maxPool2dBlock(new Shape(2, 2))).add(convolution(5)).add(Activation::relu)
                        .add(Blocks.batchFlattenBlock()).add(linear(s.outputs()))));
        all.put("linear", new Model(List.of(), (o, s) -> linear(s.outputs())));
        all.put("three", new Model(List.of(), (o, s) -> linear(3)));
        all.put("picky", new Model(List.of(), (o, s) -> {
            throw new UserError("model picky takes pictures, not samples of shape " + s.features());
        }));
        return all;
    }

    private record LossMaker(java.util.function.Function<SampleSpec, Loss> maker) implements LossProvider {
        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public Loss create(Options options, SampleSpec samples) {
            return maker.apply(samples);
        }
    }

    static NDArray crossEntropy(NDArray labels, NDArray predictions) {
        return new SoftmaxCrossEntropyLoss().evaluate(new NDList(labels), new NDList(predictions));
    }

    static NDArray squares(NDArray labels, NDArray predictions) {
        return predictions.sub(labels).square().mean();
    }

    static Map<String, LossProvider> losses() {
        Map<String, LossProvider> all = new LinkedHashMap<>();
        all.put("cross_entropy", new LossMaker(samples -> {
            if (!samples.isClassification()) {
                throw new UserError("loss cross_entropy is for classes");
            }
            return TestParts::crossEntropy;
        }));
        all.put("squares", new LossMaker(samples -> TestParts::squares));
        all.put("many", new LossMaker(samples -> (labels, predictions) -> predictions));
        return all;
    }

    private static final class Accuracy implements Metric {
        private final NDArray right;
        private long count;

        Accuracy(NDManager manager) {
            right = manager.zeros(new Shape(), DataType.FLOAT32);
        }

        @Override
        public void add(NDArray labels, NDArray predictions) {
            NDArray hits = predictions.argMax(1).eq(labels).toType(DataType.FLOAT32, false);
            right.addi(hits.sum());
            count += labels.size();
        }

        @Override
        public double value() {
            return right.getFloat() / count;
        }

        @Override
        public void close() {
            right.close();
        }
    }

    private static final class AccuracyProvider implements MetricProvider {
        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public boolean higherIsBetter() {
            return true;
        }

        @Override
        public boolean isDefaultFor(SampleSpec samples) {
            return samples.isClassification();
        }

        @Override
        public Metric create(Options options, SampleSpec samples, NDManager manager) {
            if (!samples.isClassification()) {
                throw new UserError("metric accuracy is for classes");
            }
            return new Accuracy(manager);
        }
    }

    static DjlTaskFactory factory(Optional<Torch> torch) {
        return new DjlTaskFactory(torch, datasets(), models(), losses(), Map.of("accuracy", new AccuracyProvider()));
    }

    /** A run to be changed by its copies. */
    static RunSpec spec() {
        return new RunSpec("test", 42, Progress.Mode.BY_EPOCH, 2, 0, "cpu", "fp32", 1, 1, section("mlp"),
                section("moons", "batch_size", 64), section("cross_entropy"), List.of(),
                section("adamw", "lr", 0.01), Path.of("."), Map.of());
    }

    static RunSpec.Section section(String type, Object... options) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            map.put((String) options[i], options[i + 1]);
        }
        return new RunSpec.Section(type, map);
    }

    static RunSpec model(RunSpec s, RunSpec.Section model) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), model, s.data(), s.loss(), s.metrics(), s.optimizer(), s.baseFolder(),
                s.configuration());
    }

    static RunSpec data(RunSpec s, RunSpec.Section data) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), data, s.loss(), s.metrics(), s.optimizer(), s.baseFolder(),
                s.configuration());
    }

    static RunSpec loss(RunSpec s, RunSpec.Section loss) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), loss, s.metrics(), s.optimizer(), s.baseFolder(),
                s.configuration());
    }

    static RunSpec metrics(RunSpec s, RunSpec.Section... metrics) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), List.of(metrics), s.optimizer(),
                s.baseFolder(), s.configuration());
    }

    static RunSpec optimizer(RunSpec s, RunSpec.Section optimizer) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), optimizer, s.baseFolder(),
                s.configuration());
    }

    static RunSpec configuration(RunSpec s, Map<String, Object> configuration) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(),
                s.baseFolder(), configuration);
    }

    static RunSpec epochs(RunSpec s, int epochs) {
        return new RunSpec(s.name(), s.seed(), s.mode(), epochs, s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(),
                s.baseFolder(), s.configuration());
    }

    static RunSpec iterations(RunSpec s, long iterations) {
        return new RunSpec(s.name(), s.seed(), Progress.Mode.BY_ITER, 0, iterations, s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(),
                s.baseFolder(), s.configuration());
    }

    static RunSpec machine(RunSpec s, String device, String precision, int accumulate, int threads) {
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), device, precision,
                accumulate, threads, s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(), s.baseFolder(),
                s.configuration());
    }

    static RunSpec seed(RunSpec s, long seed) {
        return new RunSpec(s.name(), seed, s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(),
                s.baseFolder(), s.configuration());
    }
}
