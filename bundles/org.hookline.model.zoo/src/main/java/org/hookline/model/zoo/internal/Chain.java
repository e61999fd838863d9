// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import java.util.List;

/**
 * Blocks one after another. Unlike its parent it remembers that it is initialised: every forward pass asks, and the
 * parent then goes through all parameters below, which takes a tenth of the pass of a small model.
 */
final class Chain extends SequentialBlock {
    private boolean initialised;

    /**
     * Adds a block under a name of its own instead of its class's.
     *
     * @param name becomes part of the names of its parameters
     * @param block the block
     * @return this
     */
    Chain add(String name, Block block) {
        addChildBlock(name, block);
        return this;
    }

    /**
     * Adds blocks, one after another.
     *
     * @param blocks the blocks
     * @return this
     */
    Chain add(List<Block> blocks) {
        addAll(blocks);
        return this;
    }

    @Override
    public Chain add(Block block) {
        super.add(block);
        return this;
    }

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
