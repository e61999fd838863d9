// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.UnaryOperator;

/**
 * Memory of the host that DJL makes arrays of. On the CPU the arrays lie in this memory and are not copied; to a GPU
 * DJL copies it, waiting for the device.
 */
final class HostLane implements Lane {
    /** What the vector units of today's processors like. */
    private static final long ALIGNMENT = 64;

    private final LaneShape shape;
    private final UnaryOperator<NDArray> format;
    private final ByteBuffer features;
    private final ByteBuffer labels;

    /**
     * Takes the memory.
     *
     * @param shape how much
     * @param format puts features into the memory format that the model is to get
     * @param arena owns the memory
     */
    HostLane(LaneShape shape, UnaryOperator<NDArray> format, Arena arena) {
        this.shape = shape;
        this.format = format;
        features = allocate(arena, shape.featureBytes(shape.capacity()));
        labels = allocate(arena, shape.labelBytes(shape.capacity()));
    }

    private static ByteBuffer allocate(Arena arena, long bytes) {
        return arena.allocate(bytes, ALIGNMENT).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    @Override
    public ByteBuffer features() {
        return features;
    }

    @Override
    public ByteBuffer labels() {
        return labels;
    }

    @Override
    public void fill() {
        // The lane comes back when the iteration is over, and with it all that reads this memory.
    }

    @Override
    public Arrays send(int count, NDManager scope) {
        NDArray sent = scope.create(features.slice(0, shape.featureBytes(count)), shape.features(count),
                DataType.FLOAT32);
        return new Arrays(format.apply(sent),
                scope.create(labels.slice(0, shape.labelBytes(count)), shape.labels(count), shape.labelType()));
    }

    @Override
    public Arrays receive(Arrays sent) {
        return sent;
    }

    @Override
    public void release() {
        // As in fill.
    }
}
