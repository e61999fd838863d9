// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.passthrough.PassthroughNDManager;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.hookline.engine.ResumableTask;
import org.hookline.engine.TaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointerTest {
    @TempDir
    Path folder;

    /** A task and hooks that tell whether a copy of their state is out. */
    private static final class Copies extends IdleTask implements ResumableTask, Checkpointer.Parts {
        private final DataType type;
        volatile boolean taskIsOut;
        volatile boolean hooksAreOut;

        Copies(DataType type) {
            this.type = type;
        }

        @Override
        public TaskState saveState() {
            taskIsOut = true;
            NDArray array = newScope().create(ByteBuffer.allocateDirect(type.getNumOfBytes()), new Shape(1), type);
            return new TaskState(Map.of(), Map.of(TaskState.MODEL, Map.of("w", array)));
        }

        @Override
        public void releaseState(TaskState state) {
            taskIsOut = false;
        }

        @Override
        public Map<String, Object> save() {
            hooksAreOut = true;
            return Map.of();
        }

        @Override
        public void saved() {
            hooksAreOut = false;
        }

        @Override
        public NDManager newScope() {
            return PassthroughNDManager.INSTANCE;
        }

        @Override
        public String name() {
            return "copies";
        }

        @Override
        public String runFile() {
            return "name: copies\n";
        }

        @Override
        public long epoch() {
            return 0;
        }

        @Override
        public long iteration() {
            return 1;
        }

        @Override
        public void event(String eventType, long iteration, String text, Map<String, ?> details) {}

        @Override
        public void loadState(TaskState state) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Loaded loadWeights(Path file) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void exportParameters(Path file) {
            throw new UnsupportedOperationException();
        }
    }

    private Checkpointer checkpointer(Copies copies) {
        return new Checkpointer(copies, copies, new AtomicReference<>(), Optional.empty());
    }

    @Test
    void whatWasCopiedIsFreedWhenItHasBeenWritten() {
        Copies copies = new Copies(DataType.FLOAT32);
        try (Checkpointer checkpointer = checkpointer(copies)) {
            CompletableFuture<Path> outcome = checkpointer.save(folder.resolve("a"), "test");
            checkpointer.boundary();
            assertThat(outcome.join()).isDirectory();
        }
        assertThat(copies.taskIsOut).isFalse();
        assertThat(copies.hooksAreOut).isFalse();
    }

    @Test
    void whatWasCopiedIsFreedAtOnceWhereNoCheckpointCanBeMadeOfIt() {
        Copies copies = new Copies(DataType.COMPLEX64);
        try (Checkpointer checkpointer = checkpointer(copies)) {
            CompletableFuture<Path> outcome = checkpointer.save(folder.resolve("a"), "test");
            assertThatThrownBy(checkpointer::boundary).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("array 'w' is complex64, which safetensors does not have");
            assertThat(outcome).isCompletedExceptionally();
            assertThat(copies.taskIsOut).isFalse();
            assertThat(copies.hooksAreOut).isFalse();
        }
    }
}
