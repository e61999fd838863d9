// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.nio.file.Path;
import java.util.Optional;
import org.hookline.checkpoint.Checkpoint;

/**
 * What a run starts from.
 *
 * @param weights a file with weights that the model starts with
 * @param resume a checkpoint from which the run goes on; the run closes it
 */
public record RunStart(Optional<Path> weights, Optional<Checkpoint> resume) {
    /** A run from the beginning. */
    public static final RunStart FRESH = new RunStart(Optional.empty(), Optional.empty());
}
