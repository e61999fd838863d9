// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Writing checkpoints: everything that a run needs to go on as if it had not stopped. Training thread only.
 *
 * <p>A checkpoint is of a boundary: the end of an iteration or, at the last iteration of an epoch in epoch mode, the
 * end of the epoch, after all hooks were called. So it holds what every hook did, whatever its place in the order is.
 */
@ProviderType
public interface Checkpoints {
    /**
     * Has a checkpoint taken at the next boundary. The state of the run (weights, buffers, optimizer, hook states,
     * position in the data, metrics) is copied then, and written on another thread: the training thread waits for the
     * copy only, and for the checkpoint before where that one is still being written. A second wish before the boundary
     * replaces the first, which then completes with the folder of the second.
     *
     * @param folder the new checkpoint, which must not exist; written beside, then renamed, so that it is there whole
     *     or not at all
     * @param reason in a few words, for the manifest
     * @return completes with the folder when the checkpoint is on the disk, on another thread; exceptionally if it
     *     could not be written
     */
    CompletableFuture<Path> save(Path folder, String reason);

    /**
     * Has a checkpoint taken when the loop ends without failure, by its own or by a stop, of the state before
     * {@code afterTrain}: a resumed run goes on from what the loop left. A second call replaces the first.
     *
     * @param folder is asked then, with the reason in a few words ({@code end} or that of the stop); gives the new
     *     checkpoint, or empty for none
     */
    void saveAtEnd(Function<String, Optional<Path>> folder);

    /** {@return the outcome of the newest checkpoint that was taken; empty before the first} */
    Optional<CompletableFuture<Path>> newest();

    /**
     * Takes the request of {@link org.hookline.api.TrainingContext#checkpoint}, if there is one.
     *
     * @return the reason that was given, or empty
     */
    Optional<String> takeRequest();

    /**
     * Writes the model's parameters in DJL's own format, from which {@code ai.djl.Model.load} takes them.
     *
     * @param checkpoint a checkpoint whose weights are written; empty for the model as it is
     * @param file the file; DJL wants {@code <name>-0000.params}. Written beside, then renamed
     * @throws IOException if it cannot be written
     */
    void exportParameters(Optional<Path> checkpoint, Path file) throws IOException;

    /**
     * Writes the model's parameters in DJL's own format when the run has ended without failure, after
     * {@code afterTrain} of all hooks: what they made of the weights is in it. A second call replaces the first.
     *
     * @param file the file, as with {@link #exportParameters}
     */
    void exportAtEnd(Path file);

    /** {@return the checkpoint from which this run goes on, if it does} */
    Optional<Path> resumedFrom();
}
