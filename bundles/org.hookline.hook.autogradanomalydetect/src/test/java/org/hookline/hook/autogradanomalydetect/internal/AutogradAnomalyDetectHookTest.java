// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradanomalydetect.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Real training in which the loss takes the square root of the target: of -1 in the fourth iteration of eight. */
class AutogradAnomalyDetectHookTest {
    private static final SampleSpec SPEC = SampleSpec.regression(new Shape(2), 1);

    @TempDir
    Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("org.hookline.trainer.internal.AnomalyMode");

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(log);
    }

    private static final class Targets implements Split {
        @Override
        public int size() {
            return 8;
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            out.put(new float[] {index, 1});
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void readTarget(int index, FloatBuffer out) {
            out.put(index == 3 ? -1 : 1);
        }
    }

    private record Numbers(SampleSpec spec, Map<String, Split> splits) implements Dataset {}

    private static final class Line implements ModelProvider {
        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public Block create(Options options, SampleSpec samples) {
            return Linear.builder().setUnits(1).build();
        }
    }

    private static final class Data implements DatasetProvider {
        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public Dataset open(Options options) {
            return new Numbers(SPEC, Map.of(Dataset.TRAIN, new Targets()));
        }
    }

    private static final class Root implements LossProvider {
        @Override
        public List<Option> options() {
            return List.of();
        }

        @Override
        public Loss create(Options options, SampleSpec samples) {
            return (labels, predictions) -> predictions.sub(predictions.stopGradient()).add(labels).sqrt().mean();
        }
    }

    private HookRun run(Optional<Torch> torch) throws Exception {
        RunSpec.Section none = new RunSpec.Section("it", Map.of());
        RunSpec spec = new RunSpec("roots", 1, Progress.Mode.BY_EPOCH, 1, 0, "cpu", "fp32", 1, 1, none,
                new RunSpec.Section("it", Map.of("batch_size", 1, "shuffle", false)), none, List.of(),
                new RunSpec.Section("sgd", Map.of("lr", 0.01)), Path.of("."), Map.of());
        HookRun run = new HookRun(folder, new DjlTaskFactory(torch, Map.of("it", new Data()), Map.of("it", new Line()),
                Map.of("it", new Root()), Map.of()).create(spec));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        return run;
    }

    private static Hook hook(long from, long to) {
        return new AutogradAnomalyDetectHook(Configs.of(AnomalyConfig.class, "from", from, "to", to));
    }

    private static Optional<Torch> torch() {
        return Optional.of(TorchLoader.load());
    }

    /** Asks the switch itself. */
    private static boolean modeIsOn() {
        Torch torch = TorchLoader.load();
        boolean on = torch.setAnomalyMode(false);
        torch.setAnomalyMode(on);
        return on;
    }

    private List<String> logged() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void withoutTheHookNaNGoesThroughUnseen() throws Exception {
        List<float[]> weights = new ArrayList<>();
        HookRun run = run(torch());
        run.add(60, new Hook() {
            @Override
            public void afterTrain(TrainingContext context) {
                weights.add(context.weights().flat().toFloatArray());
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(weights.getFirst()).containsOnly(Float.NaN);
    }

    @Test
    void aBackwardThatMakesNaNFailsTheRunWithTheFunctionsNameAndTheForwardStackGoesToTheLog() throws Exception {
        HookRun run = run(torch());
        run.add(30, hook(0, 0));
        RunResult result = run.epochs(1);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.iterations()).isEqualTo(3);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("OptimizerHook")
                .hasMessageContaining("Function 'SqrtBackward0' returned nan values in its 0th output");
        assertThat(logged()).singleElement().asString().startsWith("Error detected in SqrtBackward0")
                .contains("Traceback of forward call").contains("at::_ops::sqrt::call");
        assertThat(modeIsOn()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, 3, -1", "0, 4, 3", "3, 0, 3", "5, 0, 5", "1, 2, -1"})
    void onlyTheIterationsOfTheWindowAreWatched(long from, long to, long failsAt) throws Exception {
        // From the fourth iteration on everything is NaN.
        List<Boolean> on = new ArrayList<>();
        HookRun run = run(torch());
        run.add(30, hook(from, to));
        run.add(40, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                on.add(modeIsOn());
            }
        });
        RunResult result = run.epochs(1);
        assertThat(result.iterations()).isEqualTo(failsAt < 0 ? 8 : failsAt);
        assertThat(result.failure().isPresent()).isEqualTo(failsAt >= 0);
        for (int i = 0; i < on.size(); i++) {
            assertThat(on.get(i)).as("iteration " + i).isEqualTo(i >= from && (to == 0 || i < to));
        }
        assertThat(modeIsOn()).isFalse();
    }

    @Test
    void theModeThatWasOnBeforeIsOnAfterwards() throws Exception {
        TorchLoader.load().setAnomalyMode(true);
        try {
            HookRun run = run(torch());
            run.add(30, hook(0, 1));
            run.epochs(1);
            assertThat(modeIsOn()).isTrue();
        } finally {
            TorchLoader.load().setAnomalyMode(false);
        }
    }

    @Test
    void aHookThatLeavesInTheMiddleOfARunTakesTheModeWithIt() throws Exception {
        HookRun run = run(torch());
        long id = run.add(30, hook(0, 0));
        run.add(40, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    run.remove(id);
                }
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(run.events("anomaly_detection")).containsExactly(Map.of("enabled", true));
        assertThat(modeIsOn()).isFalse();
    }

    @Test
    void theWindowIsRecorded() throws Exception {
        HookRun run = run(torch());
        run.add(30, hook(1, 3));
        run.epochs(1);
        assertThat(run.events("anomaly_detection")).containsExactly(Map.of("enabled", true), Map.of("enabled", false));
    }

    @Test
    void withoutTheSymbolTheRunIsRefusedAtItsStart() throws Exception {
        HookRun without = run(Optional.of(TorchLoader.open(folder)));
        without.add(30, hook(0, 0));
        RunResult result = without.epochs(1);
        assertThat(result.iterations()).isZero();
        assertThat(result.failure().orElseThrow()).hasRootCauseInstanceOf(UserError.class)
                .hasMessageContaining("AutogradAnomalyDetectHook: anomalies cannot be detected, this libtorch lacks ");

        HookRun other = new HookRun(folder, new LinearTask(1, 8, 2, 4));
        other.add(30, hook(0, 0));
        assertThat(other.epochs(1).failure().orElseThrow()).hasMessageContaining("this trainer has no anomaly mode");
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1", "5, 5", "5, 3"})
    void aWindowThatIsNoneIsRefused(long from, long to) throws Exception {
        HookRun run = run(torch());
        run.add(30, hook(from, to));
        assertThat(run.epochs(1).failure().orElseThrow()).hasRootCauseInstanceOf(UserError.class)
                .hasMessageContaining("from is " + from + " and to is " + to);
    }
}
