// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.nn.SequentialBlock;

/**
 * Blocks one after another. Unlike its parent it remembers that it is initialised: every forward pass asks, and the
 * parent then goes through all parameters below, which takes a tenth of the pass of a small model.
 */
final class Chain extends SequentialBlock {
    private boolean initialised;

    @Override
    public boolean isInitialized() {
        initialised = initialised || super.isInitialized();
        return initialised;
    }

    @Override
    public void clear() {
        initialised = false;
        super.clear();
    }
}
