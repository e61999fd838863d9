// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
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
import org.hookline.testkit.Configs;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;

/**
 * Hookline: engine and trainer as in a distribution, with all default hooks, given by constructor. The evaluation at
 * the end of an epoch is left out, since no peer does one.
 */
record HooklineContestant(Work work, int threads, Choice choice, String device, String precision)
        implements Seat.Contestant {
    /** What a run may choose on a CPU. */
    enum Choice {
        USUAL("as it is"), BF16("precision: bf16"), CHANNELS_LAST("the other memory format"),
        NO_ONEDNN("without oneDNN"), LIBTORCH_BLAS("blas: libtorch", "blas", "libtorch"),
        OPENBLAS("blas: openblas", "blas", "openblas"),
        DENORMALS("flush_denormals: false", "flush_denormals", false), ONE_HOOK("OptimizerHook alone, no norm");

        private final String words;
        private final Map<String, Object> configuration;

        Choice(String words) {
            this.words = words;
            configuration = Map.of();
        }

        Choice(String words, String key, Object value) {
            this.words = words;
            configuration = Map.of(key, value);
        }

        @Override
        public String toString() {
            return words;
        }
    }

    HooklineContestant(Work work, int threads) {
        this(work, threads, Choice.USUAL);
    }

    HooklineContestant(Work work, int threads, Choice choice) {
        this(work, threads, choice, "cpu", choice == Choice.BF16 ? "bf16" : "fp32");
    }

    @Override
    public void turnBegins() {
        Torch torch = TorchLoader.load();
        torch.useBlas(torch.fasterBlas(threads));
    }

    @Override
    public void train(Seat seat) throws Exception {
        if (choice == Choice.NO_ONEDNN) {
            TorchLoader.load().set(Torch.Switch.ONEDNN, false);
        }
        HooklineEngine engine = new HooklineEngine();
        if (choice == Choice.ONE_HOOK) {
            add(engine, "OptimizerHook", 20, new OptimizerHook(Configs.of(OptimizerConfig.class, "logGradNorm",
                    false)));
        } else {
            addDefaultHooks(engine, 1_000_000);
        }
        engine.add(new Turn(seat), Map.of("component.name", "Turn", HookProperties.LEVEL, 1000, HookProperties.KIND,
                "training"));
        RunSpec spec = spec(1_000_000);
        Path folder = Files.createTempDirectory("hookline");
        RunResult result = engine.prepare("benchmark", spec, folder, factory().create(spec), event -> {}).execute();
        if (result.failure().isPresent()) {
            throw new IllegalStateException(result.failure().get());
        }
    }

    /**
     * Adds the hooks of {@code _base_/default_runtime.yaml}, with its parameters.
     *
     * @param engine takes them
     * @param epochs an evaluation after each so many
     */
    static void addDefaultHooks(HooklineEngine engine, int epochs) {
        PeriodicLogger logger = new PeriodicLogger(Configs.of(PeriodicLoggerConfig.class));
        logger.bindWriter(new CommonMetricLoggerHook(Configs.of(CommonMetricLoggerConfig.class)),
                Map.of("service.id", 1L, "component.name", "CommonMetricLoggerHook"));
        add(engine, "OptimizerHook", 20, new OptimizerHook(Configs.of(OptimizerConfig.class)));
        add(engine, "LRSchedulerHook", 20, new LrSchedulerHook(Configs.of(LrSchedulerConfig.class)));
        add(engine, "IterationTimerHook", 30, new IterationTimerHook(Configs.of(IterationTimerConfig.class)));
        add(engine, "EvaluateHook", 30,
                new EvaluateHook(Configs.of(EvaluateConfig.class, "epochPeriod", epochs, "atEnd", false)));
        add(engine, "PeriodicLogger", 30, logger);
    }

    private static void add(HooklineEngine engine, String name, int level, Hook hook) {
        Map<String, Object> properties = HooklineEngine.defaults(name, level);
        properties.put(HookProperties.KIND, "training");
        engine.add(hook, properties);
    }

    DjlTaskFactory factory() {
        Torch torch = TorchLoader.load();
        return new DjlTaskFactory(Optional.of(torch), Map.of("images", work.data()),
                Map.of(work.model(), work.providers().apply(torch)),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider()));
    }

    RunSpec spec(int epochs) {
        return new RunSpec("benchmark", Work.SEED, Progress.Mode.BY_EPOCH, epochs, 0, device, precision, 1, threads,
                new RunSpec.Section(work.model(), work.options()),
                new RunSpec.Section("images", Map.of("batch_size", work.batch(), "shuffle", false, "drop_last", true)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("adamw", Map.of("lr", Work.LEARNING_RATE, "weight_decay", Work.WEIGHT_DECAY)),
                Path.of("."), configuration());
    }

    private Map<String, Object> configuration() {
        Map<String, Object> configuration = new HashMap<>(choice.configuration);
        configuration.put("channels_last", work.channelsLast() != (choice == Choice.CHANNELS_LAST));
        return configuration;
    }
}
