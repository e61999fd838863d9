// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Writing checkpoints: everything that a run needs to go on as if it had not stopped. Training thread only.
 */
@ProviderType
public interface Checkpoints {
    /**
     * Copies the state of the run (weights, buffers, optimizer, hook states, random numbers, position in the data,
     * metrics) and writes it on another thread. The training thread waits for the copy only.
     *
     * @param folder the new checkpoint; written beside, then renamed, so that it is there whole or not at all
     * @param reason in a few words, for the manifest
     * @return completes with the folder when the checkpoint is on the disk
     */
    CompletableFuture<Path> save(Path folder, String reason);

    /**
     * Takes the request of {@link org.hookline.api.TrainingContext#checkpoint}, if there is one.
     *
     * @return the reason that was given, or empty
     */
    Optional<String> takeRequest();
}
