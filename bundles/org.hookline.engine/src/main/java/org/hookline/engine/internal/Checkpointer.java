// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.hookline.api.UserError;
import org.hookline.api.facet.Checkpoints;
import org.hookline.checkpoint.ArrayTensors;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.checkpoint.CheckpointContent;
import org.hookline.checkpoint.CheckpointWriter;
import org.hookline.engine.ResumableTask;
import org.hookline.engine.TaskState;
import org.hookline.safetensors.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the state of a run at a boundary and writes it on a thread of its own, and takes it up again. Training thread
 * only.
 */
final class Checkpointer implements Checkpoints, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);
    private static final String TASK = "task";

    /** What of the run, besides the task, makes up its state. */
    interface Parts {
        /** {@return name of the run} */
        String name();

        /** {@return the effective run file as YAML} */
        String runFile();

        /** {@return values by name, copied; arrays belong to the holder} */
        Map<String, Object> save();

        /** To be called when what {@link #save} gave has been written, or cannot be; on any thread. */
        void saved();

        /** {@return the number of passes that were completed} */
        long epoch();

        /** {@return the number of iterations completed} */
        long iteration();

        /** Records an event of an earlier iteration; for any thread. */
        void event(String type, long iteration, String text, Map<String, ?> details);
    }

    private record Wish(Path folder, String reason, CompletableFuture<Path> outcome) {}

    private final ResumableTask task;
    private final Parts parts;
    private final AtomicReference<String> request;
    private final Optional<Path> resumedFrom;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("hookline-checkpoint").factory());
    private Wish wish;
    private Function<String, Optional<Path>> atEnd = reason -> Optional.empty();
    private CompletableFuture<Path> newest;
    private Path exportAtEnd;

    Checkpointer(ResumableTask task, Parts parts, AtomicReference<String> request, Optional<Path> resumedFrom) {
        this.task = task;
        this.parts = parts;
        this.request = request;
        this.resumedFrom = resumedFrom;
    }

    @Override
    public CompletableFuture<Path> save(Path folder, String reason) {
        Wish before = wish;
        CompletableFuture<Path> outcome = before == null ? new CompletableFuture<>() : before.outcome();
        wish = new Wish(folder, reason, outcome);
        return outcome;
    }

    @Override
    public void saveAtEnd(Function<String, Optional<Path>> folder) {
        atEnd = folder;
    }

    @Override
    public Optional<CompletableFuture<Path>> newest() {
        return Optional.ofNullable(newest);
    }

    @Override
    public Optional<String> takeRequest() {
        return Optional.ofNullable(request.getAndSet(null));
    }

    @Override
    public Optional<Path> resumedFrom() {
        return resumedFrom;
    }

    /** All hooks were called: what was wished for is taken now. */
    void boundary() {
        Wish due = wish;
        if (due != null) {
            wish = null;
            take(due);
        }
    }

    /** The loop has ended; {@code afterTrain} has not begun. */
    void atEnd(String reason) {
        Optional<Path> folder = atEnd.apply(reason);
        if (folder.isPresent()) {
            // Nobody waits for it: an event tells what became of it.
            CompletableFuture<Path> _ = save(folder.get(), reason);
        }
        boundary();
    }

    private void take(Wish due) {
        long asked = System.nanoTime();
        if (newest != null) {
            // One copy of the state at a time: memory is bounded.
            try {
                newest.join();
            } catch (CompletionException | java.util.concurrent.CancellationException e) {
                LOG.debug("the checkpoint before failed", e);
            }
        }
        long start = System.nanoTime();
        TaskState state = task.saveState();
        CheckpointContent content;
        try {
            content = content(due, state);
        } catch (RuntimeException e) {
            task.releaseState(state);
            parts.saved();
            due.outcome().completeExceptionally(e);
            throw e;
        }
        newest = due.outcome();
        long copied = System.nanoTime();
        writer.execute(() -> write(due, content, state, (start - asked) * 1e-6, (copied - start) * 1e-6));
    }

    private CheckpointContent content(Wish due, TaskState state) {
        Map<String, Object> values = new LinkedHashMap<>(parts.save());
        values.put(TASK, state.values());
        Map<String, List<Tensor>> tensors = new LinkedHashMap<>();
        state.arrays().forEach((group, arrays) -> {
            List<Tensor> list = new ArrayList<>();
            arrays.forEach((name, array) -> list.add(ArrayTensors.of(name, array)));
            tensors.put(group, list);
        });
        return new CheckpointContent(parts.name(), due.reason(), parts.epoch(), parts.iteration(), tensors, values,
                parts.runFile());
    }

    private void write(Wish due, CheckpointContent content, TaskState state, double waited, double copied) {
        long start = System.nanoTime();
        Throwable failure = null;
        long bytes = 0;
        try {
            bytes = CheckpointWriter.write(due.folder(), content);
        } catch (Throwable t) {
            failure = t;
        } finally {
            task.releaseState(state);
            parts.saved();
        }
        try {
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("folder", due.folder().toString());
            details.put("reason", due.reason());
            details.put("wait_ms", waited);
            details.put("copy_ms", copied);
            details.put("write_ms", (System.nanoTime() - start) * 1e-6);
            if (failure == null) {
                details.put("bytes", bytes);
                parts.event("checkpoint", content.iteration(), "iteration " + content.iteration() + ": checkpoint "
                        + due.folder().getFileName() + " (" + due.reason() + ")", details);
            } else {
                String why = HookFailure.describe(failure);
                details.put("error", why);
                LOG.error("checkpoint {} cannot be written: {}", due.folder(), why, failure);
                parts.event("checkpoint_failed", content.iteration(), "iteration " + content.iteration()
                        + ": checkpoint " + due.folder() + " cannot be written: " + why, details);
            }
        } catch (RuntimeException e) {
            LOG.error("the event of checkpoint {} cannot be recorded", due.folder(), e);
        } finally {
            if (failure == null) {
                due.outcome().complete(due.folder());
            } else {
                due.outcome().completeExceptionally(failure);
            }
        }
    }

    @Override
    public void exportParameters(Optional<Path> checkpoint, Path file) throws IOException {
        Path target = file.toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path beside = target.resolveSibling("." + target.getFileName() + ".tmp");
        try {
            if (checkpoint.isEmpty()) {
                task.exportParameters(beside);
            } else {
                with(checkpoint.get(), () -> task.exportParameters(beside));
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    @Override
    public void exportAtEnd(Path file) {
        exportAtEnd = file;
    }

    /** All hooks have done their {@code afterTrain}, and nothing failed. */
    void ended() throws IOException {
        boundary();
        if (exportAtEnd != null) {
            exportParameters(Optional.empty(), exportAtEnd);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /** Does something with the weights of a checkpoint in the model; they are put back. */
    private void with(Path checkpoint, Work work) throws IOException {
        newest().ifPresent(n -> n.exceptionally(e -> null).join());
        TaskState mine = task.saveState();
        try {
            task.loadWeights(checkpoint);
            work.run();
        } finally {
            try {
                task.loadState(mine);
            } finally {
                task.releaseState(mine);
            }
        }
    }

    /**
     * Gives the task its state back.
     *
     * @param checkpoint the checkpoint
     * @param scope owns what is read until everything has been taken over
     * @return what {@link Parts#save} gave
     */
    static Map<String, Object> load(ResumableTask task, Checkpoint checkpoint, NDManager scope) {
        Map<String, Object> values = checkpoint.state(scope);
        if (!(values.get(TASK) instanceof Map<?, ?> taskValues)) {
            throw new UserError("checkpoint " + checkpoint.folder() + " has no state of the trainer");
        }
        Map<String, Object> typed = new LinkedHashMap<>();
        taskValues.forEach((k, v) -> typed.put(k.toString(), v));
        try (NDManager arrays = scope.newSubManager()) {
            Map<String, Map<String, NDArray>> groups = new LinkedHashMap<>();
            for (String group : checkpoint.groups()) {
                Map<String, NDArray> map = new LinkedHashMap<>();
                checkpoint.tensors(group).forEach((name, t) -> map.put(name, ArrayTensors.array(arrays, t)));
                groups.put(group, map);
            }
            task.loadState(new TaskState(typed, groups));
        }
        return values;
    }

    /** Waits until everything is on the disk. */
    @Override
    public void close() {
        if (wish != null) {
            wish.outcome().cancel(false);
            wish = null;
        }
        writer.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (writer.awaitTermination(1, TimeUnit.DAYS)) {
                    break;
                }
            } catch (InterruptedException e) {
                // The newest checkpoint is worth more than a quick end; a second signal ends the process anyway.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
