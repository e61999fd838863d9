// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.hookline.api.UserError;

/**
 * Reads the checkpoints that a resumed run finds in its folder, on a thread of its own: training does not wait for it.
 * For any thread.
 */
final class Audit implements AutoCloseable {
    /** The audit of nothing. */
    static final Audit NONE = new Audit(List.of(), path -> {}, (path, error) -> {});

    private final ExecutorService reader = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("hookline-checkpoint-audit").factory());

    /**
     * Begins.
     *
     * @param checkpoints their folders, in the order in which they are read
     * @param check reads one; throws a {@link UserError} if it is damaged
     * @param damaged is told of each that is; not after {@link #stop}
     */
    Audit(List<Path> checkpoints, Consumer<Path> check, BiConsumer<Path, UserError> damaged) {
        for (Path path : checkpoints) {
            reader.execute(() -> {
                try {
                    check.accept(path);
                } catch (UserError e) {
                    // A file whose reading was interrupted is no damaged one.
                    if (!Thread.currentThread().isInterrupted()) {
                        damaged.accept(path, e);
                    }
                }
            });
        }
        // Its thread ends with the last one.
        reader.shutdown();
    }

    /** Ends it where it is. */
    void stop() {
        reader.shutdownNow();
    }

    /** Waits until all have been read, or until the one at which it was stopped is left. */
    @Override
    public void close() {
        reader.close();
    }
}
