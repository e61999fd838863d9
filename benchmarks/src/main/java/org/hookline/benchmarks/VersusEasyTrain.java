// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.PrintStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Options;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.data.idx.internal.FashionMnistProvider;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.commonmetriclogger.internal.CommonMetricLoggerConfig;
import org.hookline.hook.commonmetriclogger.internal.CommonMetricLoggerHook;
import org.hookline.hook.evaluate.internal.EvaluateConfig;
import org.hookline.hook.evaluate.internal.EvaluateHook;
import org.hookline.hook.iterationtimer.internal.IterationTimerConfig;
import org.hookline.hook.iterationtimer.internal.IterationTimerHook;
import org.hookline.hook.lrscheduler.internal.LrSchedulerConfig;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.optimizer.internal.OptimizerConfig;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.periodiclogger.internal.PeriodicLogger;
import org.hookline.hook.periodiclogger.internal.PeriodicLoggerConfig;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.LeNetProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.testkit.Configs;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;

/**
 * A whole training iteration of Hookline, all its default hooks on, against DJL's EasyTrain on the same work: the same
 * model, data in the same order, batch, optimizer and threads, in one process, in turn.
 */
public final class VersusEasyTrain {
    private static final int BATCH = 64;
    private static final int SAMPLES = 12_800;

    private record Work(String name, String type, Map<String, Object> options, ModelProvider provider, int stretch) {}

    private VersusEasyTrain() {}

    /**
     * Measures and prints a table.
     *
     * @param args {@code quick} for fewer rounds
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 && args[0].equals("quick") ? 5 : 15;
        PrintStream table = System.out;
        // The writer's lines are part of the work, not of the table.
        System.setOut(new PrintStream(Files.newOutputStream(Files.createTempFile("hookline", ".log")), true));
        Torch torch = TorchLoader.load();
        DatasetProvider provider = Files.isDirectory(Path.of("/usr/share/datasets/fashion-mnist"))
                ? new FashionMnistProvider() : new DigitsProvider();
        String data = provider instanceof FashionMnistProvider ? "fashion-mnist" : "digits";
        List<Work> works = List.of(
                new Work("MLP 784-256-256-10", "mlp", Map.of("hidden", List.of(256, 256)), new MlpProvider(), 400),
                new Work("LeNet", "lenet", Map.of(), new LeNetProvider(), 60));
        table.println("Data: " + data + ", batch " + BATCH + ", AdamW; " + rounds + " rounds in turn; JDK "
                + Runtime.version() + ", PyTorch " + Engine.getInstance().getVersion() + ", "
                + Runtime.getRuntime().availableProcessors() + " cores");
        table.println();
        table.println(Table.header());
        for (int threads : new int[] {1, 2}) {
            JniUtils.setNumThreads(threads);
            for (Work work : works) {
                measure(work, data, provider, torch, threads, rounds, table);
            }
        }
    }

    private static void measure(Work work, String data, DatasetProvider provider, Torch torch, int threads, int rounds,
            PrintStream table) throws Exception {
        Turns turns = new Turns(work.stretch(), rounds);
        Turns.Seat hookline = turns.add("Hookline", seat -> hookline(seat, work, data, provider, torch, threads));
        Turns.Seat bare = turns.add("EasyTrain", seat -> easyTrain(seat, work, provider, false));
        Turns.Seat usual = turns.add("EasyTrain with Accuracy", seat -> easyTrain(seat, work, provider, true));
        turns.run();
        table.println(Table.row(work.name(), threads, hookline, bare));
        table.println(Table.row(work.name(), threads, hookline, usual));
    }

    private static void hookline(Turns.Seat seat, Work work, String data, DatasetProvider provider, Torch torch,
            int threads) throws Exception {
        HooklineEngine engine = new HooklineEngine();
        PeriodicLogger logger = new PeriodicLogger(Configs.of(PeriodicLoggerConfig.class));
        logger.bindWriter(new CommonMetricLoggerHook(Configs.of(CommonMetricLoggerConfig.class)),
                Map.of("service.id", 1L, "component.name", "CommonMetricLoggerHook"));
        engine.add(new OptimizerHook(Configs.of(OptimizerConfig.class)), of("OptimizerHook", 20));
        engine.add(new LrSchedulerHook(Configs.of(LrSchedulerConfig.class)), of("LRSchedulerHook", 20));
        engine.add(new IterationTimerHook(Configs.of(IterationTimerConfig.class)), of("IterationTimerHook", 30));
        engine.add(new EvaluateHook(Configs.of(EvaluateConfig.class, "epochPeriod", 1_000_000)),
                of("EvaluateHook", 30));
        engine.add(logger, of("PeriodicLogger", 30));
        engine.add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) throws InterruptedException {
                if (!seat.iterated()) {
                    context.stop("measured");
                }
            }
        }, of("Turn", 1000));
        RunSpec spec = new RunSpec("benchmark", 1, Progress.Mode.BY_EPOCH, 1_000_000, 0, "cpu", "fp32", 1, threads,
                new RunSpec.Section(work.type(), work.options()),
                new RunSpec.Section(data, data.equals("fashion-mnist")
                        ? Map.of("batch_size", BATCH, "shuffle", false, "limit", SAMPLES, "drop_last", true)
                        : Map.of("batch_size", BATCH, "shuffle", false, "drop_last", true)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("adamw", Map.of("lr", 1e-3, "weight_decay", 0.01)), Path.of("."), Map.of());
        DjlTaskFactory factory = new DjlTaskFactory(Optional.of(torch), Map.of(data, provider),
                Map.of(work.type(), work.provider()),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider()));
        RunResult result = engine.prepare("benchmark", spec, Files.createTempDirectory("hookline"),
                factory.create(spec), event -> {}).execute();
        if (result.failure().isPresent()) {
            throw new IllegalStateException(result.failure().get());
        }
    }

    private static Map<String, Object> of(String name, int level) {
        Map<String, Object> properties = HooklineEngine.defaults(name, level);
        properties.put(HookProperties.KIND, "training");
        return properties;
    }

    private static void easyTrain(Turns.Seat seat, Work work, DatasetProvider provider, boolean accuracy)
            throws Exception {
        Dataset data = provider.open(Options.of("data", Path.of("."), provider.options(),
                provider instanceof FashionMnistProvider ? Map.of("limit", SAMPLES) : Map.of()));
        SampleSpec samples = data.spec();
        Split split = data.splits().get(Dataset.TRAIN);
        Block block = work.provider().create(
                Options.of("model", Path.of("."), work.provider().options(), work.options()), samples);
        try (Model model = Model.newInstance("peer", Device.cpu()); NDManager manager = NDManager.newBaseManager()) {
            model.setBlock(block);
            DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optDevices(new Device[] {Device.cpu()})
                    .optOptimizer(Optimizer.adamW().optLearningRateTracker(Tracker.fixed(1e-3f))
                            .optWeightDecays(0.01f).build());
            if (accuracy) {
                config.addEvaluator(new Accuracy());
                config.addTrainingListeners(new EvaluatorTrainingListener());
            }
            ArrayDataset dataset = array(manager, samples, split);
            try (Trainer trainer = model.newTrainer(config)) {
                long[] shape = new long[samples.features().dimension() + 1];
                shape[0] = BATCH;
                System.arraycopy(samples.features().getShape(), 0, shape, 1, shape.length - 1);
                trainer.initialize(new Shape(shape));
                trainer.notifyListeners(listener -> listener.onTrainingBegin(trainer));
                boolean goesOn = true;
                while (goesOn) {
                    for (Batch batch : trainer.iterateDataset(dataset)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                        batch.close();
                        goesOn = seat.iterated();
                        if (!goesOn) {
                            break;
                        }
                    }
                    trainer.notifyListeners(listener -> listener.onEpoch(trainer));
                }
            }
        }
    }

    private static ArrayDataset array(NDManager manager, SampleSpec samples, Split split) {
        int width = Math.toIntExact(samples.features().size());
        FloatBuffer features = FloatBuffer.allocate(split.size() * width);
        LongBuffer labels = LongBuffer.allocate(split.size());
        for (int i = 0; i < split.size(); i++) {
            split.readFeatures(i, features, 0);
            split.readClass(i, labels);
        }
        List<Long> shape = new ArrayList<>(List.of((long) split.size()));
        for (long d : samples.features().getShape()) {
            shape.add(d);
        }
        NDArray x = manager.create(features.array(), new Shape(shape.stream().mapToLong(Long::longValue).toArray()));
        return new ArrayDataset.Builder().setData(x).optLabels(manager.create(labels.array()))
                .setSampling(BATCH, false, true).build();
    }
}
