// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The generator from which operations of the model draw, such as dropout. Before each forward pass it starts anew from
 * a seed and the iteration, so that a resumed run draws what it would have drawn. The order of the samples and their
 * augmentation do not come from it: they are functions of the run's seed, the epoch and the sample. Training thread
 * only.
 */
@ProviderType
public interface RandomNumbers {
    /**
     * Starts the generator anew, and has the passes to come start from this seed: what it gives from now on is a
     * function of the two numbers and the iteration alone. Checkpoints keep it.
     *
     * @param seed for example that of the run
     * @param moment for example the number of iterations completed, so that different moments have different numbers
     */
    void seed(long seed, long moment);
}
