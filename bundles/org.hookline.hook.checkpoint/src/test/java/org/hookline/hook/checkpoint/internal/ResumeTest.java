// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hookline.hook.checkpoint.internal.Trainings.section;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hookline.api.Progress.Mode;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.RunResult;
import org.hookline.hook.checkpoint.internal.Trainings.Kind;
import org.hookline.hook.checkpoint.internal.Trainings.Training;
import org.hookline.safetensors.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A run of 24 iterations equals one that stops after some, and one that goes on from there: to the last bit, in every
 * weight, running statistic, optimizer moment, metric and state of a hook. All of them have dropout, shuffling,
 * gradient clipping and evaluations, those of the digits batch norm and augmentation.
 */
class ResumeTest {
    private static final CheckPointSettings END =
            new CheckPointSettings(0, 0, true, 0, false, "", "auto", 1, false, "checkpoints");

    @TempDir
    Path folder;

    static Stream<Kind> kinds() {
        var adamw = section("adamw", "lr", 0.01);
        var adam = section("adam", "lr", 0.01, "weight_decay", 0.001);
        var momentum = section("sgd", "lr", 0.1, "momentum", 0.9, "nesterov", true);
        var text = section("text", "path", "../../LICENSE", "context", 16, "stride", 4, "batch_size", 64);
        return Stream.of(
                new Kind("LSTM on a text", Mode.BY_ITER, 2, "fp32", adamw, "cosine", true,
                        section("lstm", "embedding", 8, "hidden", 24, "layers", 2, "dropout", 0.2), text),
                new Kind("Transformer on a text", Mode.BY_ITER, 1, "fp32", adamw, "cosine", true,
                        section("transformer", "width", 16, "heads", 2, "feedforward", 32, "dropout", 0.2), text),
                new Kind("Transformer in bf16 without dropout", Mode.BY_ITER, 1, "bf16", adamw, "cosine", false,
                        section("transformer", "width", 16, "heads", 2, "feedforward", 32, "pool", "mean"), text),
                new Kind("by epoch, AdamW, cosine", Mode.BY_EPOCH, 1, "fp32", adamw, "cosine", false),
                new Kind("by epoch, AdamW, plateau, average", Mode.BY_EPOCH, 1, "fp32", adamw, "plateau", true),
                new Kind("by epoch, SGD with momentum, 4 micro-batches", Mode.BY_EPOCH, 4, "fp32", momentum, "cosine",
                        false),
                new Kind("by epoch, Adam, 5 micro-batches, average", Mode.BY_EPOCH, 5, "fp32", adam, "plateau", true),
                new Kind("by iteration, AdamW, one cycle", Mode.BY_ITER, 1, "fp32", adamw, "one_cycle", false),
                new Kind("by iteration, SGD, 4 micro-batches, average", Mode.BY_ITER, 4, "fp32", momentum, "cosine",
                        true),
                new Kind("by iteration, Adam, 5 micro-batches, plateau", Mode.BY_ITER, 5, "fp32", adam, "plateau",
                        true),
                new Kind("by epoch, AdamW, fp16 with loss scale, 2 micro-batches", Mode.BY_EPOCH, 2, "fp16", adamw,
                        "cosine", false),
                new Kind("by iteration, AdamW, bf16", Mode.BY_ITER, 3, "bf16", adamw, "cosine", true));
    }

    private Training training(String name, Kind kind, long stopAfter) throws Exception {
        return new Training(Files.createDirectories(folder.resolve(name)), kind, 2, 24, stopAfter, END);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void aRunThatGoesOnEqualsOneThatNeverStopped(Kind kind) throws Exception {
        Training whole = training("whole", kind, -1);
        assertThat(whole.execute().failure()).isEmpty();
        // In the middle of an epoch and, where there is one, of an accumulation; and at the end of an epoch.
        for (long stop : new long[] {7, 12, 18}) {
            Training first = training("first" + stop, kind, stop);
            RunResult stopped = first.execute();
            assertThat(stopped.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
            assertThat(stopped.iterations()).isEqualTo(stop);

            Training second = training("second" + stop, kind, -1);
            second.run.resume(folder.resolve("first" + stop));
            RunResult result = second.execute();
            assertThat(result.failure()).isEmpty();
            assertThat(result.iterations()).isEqualTo(24);

            List<String> lines = new ArrayList<>(first.witness.lines);
            lines.addAll(second.witness.lines);
            assertThat(lines).isEqualTo(whole.witness.lines);
            assertThat(second.witness.weights).isEqualTo(whole.witness.weights);
            assertThat(second.witness.buffers.keySet()).isEqualTo(whole.witness.buffers.keySet());
            assertThat(whole.witness.buffers.isEmpty()).isNotEqualTo(kind.model().type().equals("mlp"));
            whole.witness.buffers.forEach((name, values) -> assertThat(second.witness.buffers.get(name)).as(name)
                    .isEqualTo(values));
            sameCheckpoints(folder.resolve("whole"), folder.resolve("second" + stop));
        }
    }

    /** The last checkpoints hold the same tensors, those of hooks and metrics included. */
    private static void sameCheckpoints(Path a, Path b) {
        try (Checkpoint one = Checkpoint.newest(a); Checkpoint other = Checkpoint.newest(b)) {
            assertThat(one.iteration()).isEqualTo(24).isEqualTo(other.iteration());
            List<String> groups = new ArrayList<>(one.groups());
            groups.add("state");
            assertThat(other.groups()).isEqualTo(one.groups()).contains("model", "optimizer");
            for (String group : groups) {
                var mine = one.tensors(group);
                var theirs = other.tensors(group);
                assertThat(theirs.keySet()).as(group).isEqualTo(mine.keySet()).isNotEmpty();
                mine.forEach((name, tensor) -> assertThat(mismatch(tensor, theirs.get(name))).as(group + " " + name)
                        .isEqualTo(-1));
            }
        }
    }

    private static long mismatch(Tensor a, Tensor b) {
        return MemorySegment.mismatch(a.data(), 0, a.byteSize(), b.data(), 0, b.byteSize());
    }
}
