// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.data.text.internal.TextProvider;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.emaiter.internal.EmaIterConfig;
import org.hookline.hook.emaiter.internal.EmaIterHook;
import org.hookline.hook.evaluate.internal.EvaluateConfig;
import org.hookline.hook.evaluate.internal.EvaluateHook;
import org.hookline.hook.fp16optimizer.internal.Fp16OptimizerConfig;
import org.hookline.hook.fp16optimizer.internal.Fp16OptimizerHook;
import org.hookline.hook.lrscheduler.internal.LrSchedulerConfig;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.optimizer.internal.OptimizerConfig;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.LstmProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.model.zoo.internal.TransformerProvider;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTask;
import org.hookline.trainer.DjlTaskFactory;

/** Real training of the digits, with everything that a run has to remember. */
final class Trainings {
    private Trainings() {}

    /** Digits that are augmented: noise from the seed that each sample gets. */
    private static final class NoisyDigits implements DatasetProvider {
        private final DigitsProvider digits = new DigitsProvider();

        @Override
        public List<Option> options() {
            return digits.options();
        }

        @Override
        public Dataset open(Options options) throws IOException {
            Dataset clean = digits.open(options);
            Map<String, Split> splits = new LinkedHashMap<>();
            clean.splits().forEach((name, split) -> splits.put(name, new Noisy(split)));
            SampleSpec spec = clean.spec();
            return new Dataset() {
                @Override
                public SampleSpec spec() {
                    return spec;
                }

                @Override
                public Map<String, Split> splits() {
                    return splits;
                }
            };
        }
    }

    private record Noisy(Split clean) implements Split {
        @Override
        public int size() {
            return clean.size();
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            int from = out.position();
            clean.readFeatures(index, out, random);
            if (random != 0) {
                SplittableRandom noise = new SplittableRandom(random);
                for (int i = from; i < out.position(); i++) {
                    out.put(i, out.get(i) + (float) noise.nextDouble(-0.1, 0.1));
                }
            }
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            clean.readClass(index, out);
        }
    }

    /**
     * A kind of run.
     *
     * @param name of it
     * @param mode how it is counted
     * @param accumulate micro-batches of a step
     * @param precision of forward passes
     * @param optimizer type and options
     * @param schedule of the learning rate
     * @param ema whether an average of the weights is kept
     * @param model type and options
     * @param data type and options
     */
    record Kind(String name, Progress.Mode mode, int accumulate, String precision, RunSpec.Section optimizer,
            String schedule, boolean ema, RunSpec.Section model, RunSpec.Section data) {

        /** One of the digits: 12 iterations of an epoch of about 1,440 samples. */
        Kind(String name, Progress.Mode mode, int accumulate, String precision, RunSpec.Section optimizer,
                String schedule, boolean ema) {
            this(name, mode, accumulate, precision, optimizer, schedule, ema,
                    section("mlp", "hidden", List.of(24), "dropout", 0.3, "batch_norm", true),
                    section("noisy", "batch_size", 128));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static RunSpec.Section section(String type, Object... options) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            map.put((String) options[i], options[i + 1]);
        }
        return new RunSpec.Section(type, map);
    }

    static RunSpec spec(Kind kind, int epochs, long iterations) {
        return new RunSpec("digits", 5, kind.mode(), epochs, iterations, "cpu", kind.precision(), kind.accumulate(), 1,
                kind.model(), kind.data(), section("softmax_cross_entropy"), List.of(), kind.optimizer(),
                Path.of("."), Map.of());
    }

    static DjlTask task(RunSpec spec) throws IOException {
        return new DjlTaskFactory(Optional.of(TorchLoader.load()),
                Map.of("noisy", new NoisyDigits(), "text", new TextProvider()),
                Map.of("mlp", new MlpProvider(), "lstm", new LstmProvider(), "transformer",
                        new TransformerProvider(TorchLoader.load())),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(TorchLoader.load())),
                Map.of("accuracy", new AccuracyProvider())).create(spec);
    }

    /** Sees every iteration as a logger would, and the weights at the end; may stop the run. */
    static final class Witness implements Hook {
        final List<String> lines = new ArrayList<>();
        private final long stopAfter;
        float[] weights;
        Map<String, float[]> buffers = new LinkedHashMap<>();
        long deviceReads;

        Witness(long stopAfter) {
            this.stopAfter = stopAfter;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            StringBuilder line = new StringBuilder().append(context.progress().iteration());
            context.metrics().latest()
                    .forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
            context.metrics().series("loss").ifPresent(s -> line.append(" median=").append(s.median(20))
                    .append(" mean=").append(s.globalMean()));
            lines.add(line.toString());
            if (context.progress().iteration() + 1 == stopAfter) {
                context.stop("seen enough");
            }
        }

        @Override
        public void afterTrain(TrainingContext context) {
            weights = context.weights().flat().toFloatArray();
            context.weights().buffers().forEach((name, array) -> buffers.put(name, array.toFloatArray()));
        }
    }

    /** A run with its hooks. */
    static final class Training {
        final HookRun run;
        final Witness witness;
        final long checkPointHook;
        private final Kind kind;
        private final RunSpec spec;

        Training(Path folder, Kind kind, int epochs, long iterations, long stopAfter, CheckPointSettings settings)
                throws IOException {
            this.kind = kind;
            spec = spec(kind, epochs, iterations);
            run = new HookRun(folder, task(spec));
            witness = new Witness(stopAfter);
            // The loss scale doubles every fifth step, and starts where the first steps overflow.
            run.add(20, kind.precision().equals("fp16")
                    ? new Fp16OptimizerHook(Configs.of(Fp16OptimizerConfig.class, "gradClip_maxNorm", 1.0,
                            "initScale", 1e9, "growthInterval", 5L))
                    : new OptimizerHook(Configs.of(OptimizerConfig.class, "gradClip_maxNorm", 1.0)));
            run.add(20, new LrSchedulerHook(Configs.of(LrSchedulerConfig.class, "schedule", kind.schedule(), "metric",
                    "test/loss", "patience", 1, "factor", 0.5)));
            run.add(30, new EvaluateHook(Configs.of(EvaluateConfig.class, "iterPeriod", 5L, "epochPeriod", 0)));
            checkPointHook = run.add(30, new CheckPointHook(settings));
            if (kind.ema()) {
                run.add(30, new EmaIterHook(Configs.of(EmaIterConfig.class)));
            }
            run.add(100, witness);
        }

        RunResult execute() {
            return kind.mode() == Progress.Mode.BY_EPOCH ? run.epochs(spec.epochs())
                    : run.iterations(spec.iterations());
        }
    }
}
