// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.hookline.api.UserError;
import org.hookline.safetensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    Path folder;

    private static CheckpointContent content(long iteration, Map<String, Object> state) {
        Tensor weight = Tensor.ofFloats("weight", new long[] {2, 2}, 1, 2, 3, iteration);
        return new CheckpointContent("digits", "epoch 3", 3, iteration, Map.of("model", List.of(weight)), state,
                "name: digits\n");
    }

    @Test
    void everyTypeOfValueComesBackAsItWasToTheLastBit() throws IOException {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("text", "ä \"quoted\"\n");
        state.put("truth", true);
        state.put("nothing", null);
        state.put("long", Long.MIN_VALUE);
        state.put("int", 7);
        state.put("short", (short) -3);
        state.put("byte", (byte) 9);
        state.put("double", 0.1 + 0.2);
        state.put("infinite", Double.NEGATIVE_INFINITY);
        state.put("nan", Double.NaN);
        state.put("float", 0.1f);
        state.put("bytes", new byte[] {1, -1, 0});
        state.put("ints", new int[] {1, Integer.MAX_VALUE});
        state.put("longs", new long[] {Long.MAX_VALUE, -5});
        state.put("floats", new float[] {Float.MIN_VALUE, 1.5f});
        state.put("doubles", new double[] {Math.PI, Double.MIN_VALUE, Double.NaN});
        state.put("list", Arrays.asList("a", 1L, null, List.of(2.5)));
        state.put("map", Map.of("inner", Map.of("x", new double[0])));
        try (NDManager manager = NDManager.newBaseManager()) {
            state.put("array", manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)));
            state.put("scalar", manager.create(5L));
            long bytes = CheckpointWriter.write(folder.resolve("a"), content(12, state));
            try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("a"))) {
                Map<String, Object> back = checkpoint.state(manager);
                assertThat(back.keySet()).containsExactlyElementsOf(state.keySet());
                state.forEach((key, value) -> {
                    if (value instanceof NDArray array) {
                        NDArray other = (NDArray) back.get(key);
                        assertThat(other.getShape()).isEqualTo(array.getShape());
                        assertThat(other.getDataType()).isEqualTo(array.getDataType());
                        assertThat(other.contentEquals(array)).as(key).isTrue();
                    } else if (!key.equals("map")) {
                        assertThat(back.get(key)).as(key).isEqualTo(value);
                        if (value != null && !(value instanceof List)) {
                            assertThat(back.get(key)).hasSameClassAs(value);
                        }
                    }
                });
                Map<?, ?> inner = (Map<?, ?>) ((Map<?, ?>) back.get("map")).get("inner");
                assertThat((double[]) inner.get("x")).isEmpty();
                assertThat(checkpoint.iteration()).isEqualTo(12);
                assertThat(checkpoint.epoch()).isEqualTo(3);
                assertThat(checkpoint.run()).isEqualTo("digits");
                assertThat(checkpoint.reason()).isEqualTo("epoch 3");
                assertThat(checkpoint.bytes()).isEqualTo(bytes);
                assertThat(checkpoint.runFile()).hasContent("name: digits");
                assertThat(checkpoint.groups()).containsExactly("model");
                assertThat(checkpoint.tensors("model").get("weight").toFloats()).containsExactly(1, 2, 3, 12);
            }
        }
    }

    @Test
    void aValueOfAnotherTypeIsNamedAndNothingIsLeftBehind() throws IOException {
        assertThatThrownBy(() -> CheckpointWriter.write(folder.resolve("a"),
                content(1, Map.of("hooks", List.of(Path.of("x")))))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("state 'state/hooks/0' is a ");
        assertThat(CheckpointWriter.files(folder)).isEmpty();
    }

    @Test
    void aFolderThatIsThereIsNotOverwritten() throws IOException {
        CheckpointWriter.write(folder.resolve("a"), content(1, Map.of()));
        assertThatThrownBy(() -> CheckpointWriter.write(folder.resolve("a"), content(2, Map.of())))
                .isInstanceOf(FileAlreadyExistsException.class);
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("a"))) {
            assertThat(checkpoint.iteration()).isEqualTo(1);
        }
    }

    @Test
    void theNewestWholeOneIsFoundByIterationAndADamagedOneIsPassedOver() throws IOException {
        Path checkpoints = folder.resolve("checkpoints");
        CheckpointWriter.write(checkpoints.resolve("z"), content(1, Map.of()));
        CheckpointWriter.write(checkpoints.resolve("b"), content(20, Map.of()));
        CheckpointWriter.write(checkpoints.resolve("a"), content(300, Map.of()));
        CheckpointWriter.link(checkpoints, "latest", "z");
        assertThat(Checkpoint.list(checkpoints)).extracting(c -> c.folder().getFileName().toString())
                .containsExactly("z", "b", "a");
        try (Checkpoint checkpoint = Checkpoint.newest(folder)) {
            assertThat(checkpoint.iteration()).isEqualTo(300);
        }
        byte[] weights = Files.readAllBytes(checkpoints.resolve("a/model.safetensors"));
        weights[weights.length - 1] ^= 1;
        Files.write(checkpoints.resolve("a/model.safetensors"), weights);
        try (Checkpoint checkpoint = Checkpoint.newest(folder)) {
            assertThat(checkpoint.iteration()).isEqualTo(20);
        }
        assertThatThrownBy(() -> Checkpoint.newest(checkpoints.resolve("a"))).isInstanceOf(UserError.class)
                .hasMessageContaining("model.safetensors is not what was written (its SHA-256 differs)");
    }

    @Test
    void whatIsNoCheckpointIsSaidInOneLine() throws IOException {
        assertThatThrownBy(() -> Checkpoint.newest(folder.resolve("nowhere"))).isInstanceOf(UserError.class)
                .hasMessageContaining("there is no folder");
        assertThatThrownBy(() -> Checkpoint.newest(folder)).isInstanceOf(UserError.class)
                .hasMessage("there is no checkpoint in '" + folder + "'");
        assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(UserError.class)
                .hasMessageContaining("is no checkpoint: it has no manifest.json");
    }

    @Test
    void aCheckpointThatIsDeletedOrLeftByAKilledWriterIsNone() throws IOException {
        CheckpointWriter.write(folder.resolve("a"), content(1, Map.of()));
        Files.createDirectories(folder.resolve(".b.17.tmp"));
        Files.writeString(folder.resolve(".b.17.tmp/model.safetensors"), "half");
        CheckpointWriter.delete(folder.resolve("a"));
        CheckpointWriter.clean(folder);
        assertThat(CheckpointWriter.files(folder)).isEmpty();
    }

    /** Truncated, prolonged and changed files: one line about the file, or the same checkpoint; never anything else. */
    @Test
    void noDamageGoesUnnoticed() throws IOException {
        Map<String, Object> state = Map.of("hooks", Map.of("EMA", Map.of("values", new float[] {1, 2, 3})));
        CheckpointWriter.write(folder.resolve("good"), content(5, state));
        SplittableRandom random = new SplittableRandom(3);
        List<Path> files = CheckpointWriter.files(folder.resolve("good"));
        for (int round = 0; round < 400; round++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] bytes = Files.readAllBytes(file);
            byte[] damaged = switch (random.nextInt(3)) {
                case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
                case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20));
                default -> {
                    byte[] copy = bytes.clone();
                    copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
                    yield copy;
                }
            };
            Files.write(file, damaged);
            String what = file.getFileName() + " in round " + round;
            try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("good"));
                    NDManager manager = NDManager.newBaseManager()) {
                // Only the manifest is not covered by a digest: its free text may differ, nothing else.
                assertThat(file.getFileName()).as(what).hasToString("manifest.json");
                assertThat(checkpoint.tensors("model").get("weight").toFloats()).containsExactly(1, 2, 3, 5);
                assertThat(checkpoint.state(manager)).containsKey("hooks");
            } catch (UserError e) {
                assertThat(e.getMessage()).as(what).contains(folder.toString()).hasLineCount(1);
            }
            Files.write(file, bytes);
        }
    }

    @Test
    void aTypeThatDjlCannotHoldIsRefusedBeforeItEndsTheProcess() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Tensor half = Tensor.of("w", org.hookline.safetensors.DType.BF16, new long[] {1},
                    java.nio.ByteBuffer.allocate(2));
            assertThatThrownBy(() -> ArrayTensors.array(manager, half)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is BF16, expected");
            assertThat(manager.create(new float[] {1}).getDataType()).isEqualTo(DataType.FLOAT32);
        }
    }
}
