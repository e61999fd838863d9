// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hookline.hook.checkpoint.internal.Trainings.section;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.Progress.Mode;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.data.Split;
import org.hookline.api.facet.Checkpoints;
import org.hookline.api.options.Options;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunResult;
import org.hookline.hook.checkpoint.internal.Trainings.Kind;
import org.hookline.hook.checkpoint.internal.Trainings.Training;
import org.hookline.safetensors.Tensor;
import org.hookline.testkit.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckPointHookTest {
    private static final Kind BY_EPOCH =
            new Kind("by epoch", Mode.BY_EPOCH, 1, "fp32", section("adamw", "lr", 0.01), "cosine", false);
    private static final Kind BY_ITER =
            new Kind("by iteration", Mode.BY_ITER, 1, "fp32", section("adamw", "lr", 0.01), "cosine", false);

    @TempDir
    Path folder;

    private static CheckPointSettings settings(Object... values) {
        return CheckPointSettings.of(Configs.of(CheckPointConfig.class, values));
    }

    private Training training(Kind kind, int epochs, long iterations, CheckPointSettings settings) throws IOException {
        return new Training(folder, kind, epochs, iterations, -1, settings);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static String target(Path link) throws IOException {
        return Files.readSymbolicLink(link).toString();
    }

    @Test
    void inEpochModeAnEpochPeriodAboveOneWorks() throws Exception {
        training(BY_EPOCH, 5, 0, settings("epochPeriod", 2, "waitForDisk", true)).execute();
        assertThat(names()).containsExactly("epoch-0002", "epoch-0004", "epoch-0005", "latest");
        assertThat(target(folder.resolve("checkpoints/latest"))).isEqualTo("epoch-0005");
    }

    @Test
    void inIterationModeAnIterationPeriodAboveOneWorksAndTheLastIsWritten() throws Exception {
        training(BY_ITER, 0, 20, settings("epochPeriod", 0, "iterPeriod", 7L, "waitForDisk", true)).execute();
        assertThat(names()).containsExactly("iter-000000007", "iter-000000014", "iter-000000020", "latest");
    }

    @Test
    void withoutSaveLastTheEndIsWrittenOnlyWhereAPeriodSaysSo() throws Exception {
        training(BY_EPOCH, 3, 0, settings("epochPeriod", 2, "saveLast", false, "waitForDisk", true)).execute();
        assertThat(names()).containsExactly("epoch-0002", "latest");
        assertThat(target(folder.resolve("checkpoints/latest"))).isEqualTo("epoch-0002");
        training(BY_EPOCH, 4, 0, settings("epochPeriod", 4, "saveLast", false, "waitForDisk", true)).execute();
        assertThat(names()).containsExactly("epoch-0002", "epoch-0004", "latest");
    }

    @Test
    void saveLastWritesTheEndOfAStoppedRunTooAndLatestPointsAtIt() throws Exception {
        for (boolean saveLast : new boolean[] {true, false}) {
            Path own = Files.createDirectories(folder.resolve(Boolean.toString(saveLast)));
            Training training = new Training(own, BY_ITER, 0, 20, 9,
                    settings("epochPeriod", 0, "iterPeriod", 4L, "saveLast", saveLast, "waitForDisk", true));
            assertThat(training.execute().outcome()).isEqualTo(RunResult.Outcome.STOPPED);
            assertThat(target(own.resolve("checkpoints/latest")))
                    .isEqualTo(saveLast ? "iter-000000009" : "iter-000000008");
        }
    }

    @Test
    void theNewestStayWithTheBestByTheMetricOfTheSameMoment() throws Exception {
        Training training = training(BY_EPOCH, 4, 0, settings("iterPeriod", 5L, "maxNumCheckpoints", 1, "metric",
                "test/accuracy", "waitForDisk", true));
        RunResult result = training.execute();
        assertThat(result.failure()).isEmpty();
        // The evaluations are at every fifth iteration and at the end.
        String best = target(folder.resolve("checkpoints/best"));
        double score = 0;
        long at = 0;
        for (Map<String, Object> evaluation : training.run.events("evaluation")) {
            if ((Double) evaluation.get("accuracy") > score) {
                score = (Double) evaluation.get("accuracy");
            }
        }
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoints").resolve(best))) {
            at = checkpoint.iteration();
            assertThat(checkpoint.reason()).contains("best test/accuracy");
        }
        double seen = 0;
        for (String line : training.witness.lines) {
            // A line stands at the iteration whose number counts those before it.
            if (Long.parseLong(line.substring(0, line.indexOf(' '))) == at - 1) {
                seen = Double.parseDouble(line.replaceFirst(".* test/accuracy=(\\S+).*", "$1"));
            }
        }
        assertThat(seen).isEqualTo(score);
        assertThat(names()).containsExactlyInAnyOrderElementsOf(
                Stream.of(best, "epoch-0004", "best", "latest").distinct().toList());
        assertThat(folder.resolve("weights/best-0000.params")).isRegularFile();
    }

    @Test
    void aRequestIsServedAtTheNextBoundary() throws Exception {
        Training training = training(BY_EPOCH, 1, 0, settings("epochPeriod", 0, "saveLast", false));
        training.run.add(10, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 3) {
                    context.checkpoint("asked for");
                }
            }
        });
        training.execute();
        try (Checkpoint checkpoint = Checkpoint.newest(folder)) {
            assertThat(checkpoint.iteration()).isEqualTo(4);
            assertThat(checkpoint.reason()).isEqualTo("asked for");
        }
    }

    @Test
    void aDiskThatRefusesIsReportedAndOnlyTheLastCheckpointFailsTheRun() throws Exception {
        Files.createDirectories(folder.resolve("checkpoints"));
        Training training = training(BY_EPOCH, 2, 0, settings("folder", "blocked", "waitForDisk", true));
        Files.writeString(folder.resolve("blocked"), "a file in the place of the folder");
        RunResult result = training.execute();
        assertThat(training.run.events("checkpoint_failed")).hasSize(2);
        assertThat(result.iterations()).isEqualTo(24);
        assertThat(result.failure().orElseThrow()).hasMessageContaining(
                "CheckPointHook failed in afterTrain: IOException: the last checkpoint could not be written");
    }

    @Test
    void whatLiesBehindThePlaceOfAResumeIsPutAside() throws Exception {
        training(BY_EPOCH, 3, 0, settings("waitForDisk", true)).execute();
        Training again = training(BY_EPOCH, 3, 0, settings("waitForDisk", true));
        again.run.resume(folder.resolve("checkpoints/epoch-0001"));
        assertThat(again.execute().failure()).isEmpty();
        assertThat(names()).containsExactly("abandoned", "epoch-0001", "epoch-0002", "epoch-0003", "latest");
        assertThat(folder.resolve("checkpoints/abandoned/epoch-0003/manifest.json")).isRegularFile();
    }

    /** Epochs 1 and 2 are older than the place of the resume; the first one is the best. */
    @Test
    void anOlderCheckpointThatIsDamagedIsPutAsideOnAResumeAndIsNoLongerTheBest() throws Exception {
        CheckPointSettings settings = settings("metric", "test/loss", "mode", "max", "waitForDisk", true);
        Training training = training(BY_EPOCH, 3, 0, settings);
        training.execute();
        String best = target(folder.resolve("checkpoints/best"));
        assertThat(best).isNotEqualTo("epoch-0003");
        Path damaged = folder.resolve("checkpoints").resolve(best).resolve("optimizer.safetensors");
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);

        Training again = training(BY_EPOCH, 4, 0, settings);
        again.run.resume(folder.resolve("checkpoints/epoch-0003"));
        assertThat(again.execute().failure()).isEmpty();
        assertThat(folder.resolve("checkpoints/abandoned").resolve(best)).isDirectory();
        assertThat(names()).doesNotContain(best).contains("epoch-0003", "epoch-0004");
        try (Checkpoint checkpoint = Checkpoint.open(
                folder.resolve("checkpoints").resolve(target(folder.resolve("checkpoints/best"))))) {
            assertThat(checkpoint.iteration()).isPositive();
        }
    }

    @Test
    void theCheckpointOfAResumeWasVerifiedAndIsNotReadOnceMore() throws Exception {
        CheckPointSettings settings = settings("metric", "test/accuracy", "waitForDisk", true);
        training(BY_EPOCH, 2, 0, settings).execute();
        Training again = training(BY_EPOCH, 3, 0, settings);
        again.run.resume(folder.resolve("checkpoints/epoch-0002"));
        // A second look would find this, and put the checkpoint aside.
        Files.writeString(folder.resolve("checkpoints/epoch-0002/run.yaml"), "name: other");
        assertThat(again.execute().failure()).isEmpty();
        assertThat(names()).contains("epoch-0001", "epoch-0002", "epoch-0003").doesNotContain("abandoned");
    }

    @Test
    void aCheckPointHookThatTakesAnothersPlaceKnowsItsCheckpoints() throws Exception {
        CheckPointSettings settings = settings("maxNumCheckpoints", 2, "waitForDisk", true);
        Training training = training(BY_EPOCH, 5, 0, settings);
        training.run.add(60, new Hook() {
            @Override
            public void afterTrainEpoch(TrainingContext context) {
                if (context.progress().epoch() == 2) {
                    training.run.add(30, new CheckPointHook(settings));
                    training.run.remove(training.checkPointHook);
                }
            }
        });
        assertThat(training.execute().failure()).isEmpty();
        assertThat(training.run.events("hook_replaced")).singleElement()
                .satisfies(e -> assertThat(e.get("state_carried")).isEqualTo(true));
        // The one that the first hook had begun is written to its end.
        assertThat(training.run.events("checkpoint_failed")).isEmpty();
        assertThat(training.run.events("checkpoint")).hasSize(5);
        assertThat(names()).containsExactly("epoch-0004", "epoch-0005", "latest");
    }

    @Test
    void aCheckpointOfAnotherModelOrDataIsRefusedInOneLine() throws Exception {
        training(BY_EPOCH, 1, 0, settings()).execute();
        Kind sgd = new Kind("other", Mode.BY_EPOCH, 1, "fp32", section("sgd", "lr", 0.1), "cosine", false);
        Training other = training(sgd, 1, 0, settings());
        other.run.resume(folder);
        assertThat(other.execute().failure().orElseThrow()).isInstanceOf(UserError.class)
                .hasMessage("the checkpoint does not fit this run: the state is that of optimizer adamw, expected sgd");
    }

    @Test
    void weightsAloneAreLoadedWithWhatIsMissingAndUnexpected() throws Exception {
        Training training = training(BY_EPOCH, 4, 0, settings());
        training.execute();
        Path file = folder.resolve("some.safetensors");
        String left;
        try (Checkpoint checkpoint = Checkpoint.newest(folder)) {
            Map<String, Tensor> tensors = new java.util.LinkedHashMap<>(checkpoint.tensors("model"));
            left = tensors.keySet().stream().filter(n -> n.endsWith("Linear.bias")).findFirst().orElseThrow();
            tensors.remove(left);
            tensors.put("head", Tensor.ofFloats("head", new long[] {1}, 1));
            org.hookline.safetensors.SafetensorsWriter.write(file, tensors.values(), Map.of());
        }
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Training fresh = new Training(elsewhere, BY_EPOCH, 1, 0, 1, settings("saveLast", false, "exportParams", false));
        fresh.run.weights(file);
        assertThat(fresh.execute().failure()).isEmpty();
        assertThat(fresh.run.events("weights_loaded")).singleElement().satisfies(e -> {
            assertThat(e.get("missing")).isEqualTo(List.of(left));
            assertThat(e.get("unexpected")).isEqualTo(List.of("head"));
        });
        // It goes on where training was, not at the loss of chance.
        assertThat(loss(fresh.witness.lines.getFirst())).isLessThan(0.6 * loss(training.witness.lines.getFirst()));
    }

    private static double loss(String line) {
        return Double.parseDouble(line.replaceFirst(".*? loss=(\\S+).*", "$1"));
    }

    /** What the README shows: DJL alone, without Hookline, takes the exported file. */
    @Test
    void plainDjlLoadsTheFinalWeightsForInference() throws Exception {
        Training training = training(BY_EPOCH, 4, 0, settings());
        training.execute();
        double accuracy = (Double) training.run.events("evaluation").getLast().get("accuracy");

        SequentialBlock block = new SequentialBlock().add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(24).optBias(false).build()).add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Dropout.builder().optRate(0.3f).build()).add(Linear.builder().setUnits(10).build());
        try (Model model = Model.newInstance("digits", Device.cpu(), "PyTorch")) {
            model.setBlock(block);
            model.load(folder.resolve("weights"), "final");
            Split test = new DigitsProvider().open(Options.of("digits", folder, new DigitsProvider().options(),
                    Map.of()))
                    .splits().get("test");
            FloatBuffer features = FloatBuffer.allocate(test.size() * 64);
            LongBuffer classes = LongBuffer.allocate(test.size());
            for (int i = 0; i < test.size(); i++) {
                test.readFeatures(i, features, 0);
                test.readClass(i, classes);
            }
            try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
                NDArray x = manager.create(features.array()).reshape(new Shape(test.size(), 1, 8, 8));
                NDArray y = manager.create(classes.array());
                NDArray out = block.forward(new ParameterStore(manager, false), new NDList(x), false)
                        .singletonOrThrow();
                double right = out.argMax(1).eq(y).toType(DataType.FLOAT32, false).mean().getFloat();
                assertThat(right).isEqualTo(accuracy, org.assertj.core.api.Assertions.within(1e-6)).isGreaterThan(0.9);
            }
        }
    }

    @Test
    void aSecondRunInAFolderWithCheckpointsWritesBesideThem() throws Exception {
        training(BY_EPOCH, 1, 0, settings()).execute();
        training(BY_EPOCH, 1, 0, settings()).execute();
        assertThat(names()).containsExactly("epoch-0001", "epoch-0001-2", "latest");
    }

    @Test
    void itsCheckpointIsTakenWhenEveryHookWasCalledWhateverItsLevel() throws Exception {
        Training training = training(BY_EPOCH, 1, 0, settings("epochPeriod", 0, "iterPeriod", 4L, "saveLast", false,
                "waitForDisk", true));
        long[] calls = {0};
        training.run.add(60, new org.hookline.api.StatefulHook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                calls[0]++;
                assertThat(context.findFacet(Checkpoints.class)).isPresent();
            }

            @Override
            public Map<String, Object> saveState() {
                return Map.of("calls", calls[0]);
            }

            @Override
            public void loadState(int version, Map<String, Object> state) {}
        }, "component.name", "Counter");
        training.execute();
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoints/iter-000000004"));
                NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            Map<?, ?> hooks = (Map<?, ?>) checkpoint.state(manager).get("hooks");
            Map<?, ?> counter = (Map<?, ?>) hooks.get("Counter");
            assertThat(counter.get("state")).isEqualTo(Map.of("calls", 4L));
        }
    }
}
