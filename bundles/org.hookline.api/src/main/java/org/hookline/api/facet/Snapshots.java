// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import org.osgi.annotation.versioning.ProviderType;

/** Copies of the training's state in memory, to try something and go back. Training thread only, between iterations. */
@ProviderType
public interface Snapshots {
    /**
     * Copies the parameters, the buffers and the optimizer with its state, number of steps, learning rate and momentum.
     * Not copied: where the run is in the data, its counters, the states of hooks, the random numbers.
     *
     * @return the copy, on the device; to be closed
     */
    Snapshot take();

    /** A copy. */
    @ProviderType
    interface Snapshot extends AutoCloseable {
        /** Puts everything back; may be called again. */
        void restore();

        /** Frees the copy. */
        @Override
        void close();
    }
}
