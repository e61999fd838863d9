// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.UnaryOperator;
import org.hookline.torch.Torch.CopyStream;
import org.hookline.torch.Torch.Mark;

/**
 * Page-locked memory of the host and arrays of its own on the device, between which the device copies by itself, beside
 * what it computes. Nothing waits but where it has to: the copy for the operations of the batch before in these arrays,
 * the operations for the copy, and the data thread for its own copy of a whole round ago.
 *
 * <p>The arrays are made once. Memory of libtorch's allocator that is freed on one stream while another still uses it
 * would have to be kept by hand; here none is freed before the end.
 */
final class DeviceLane implements Lane {
    private enum State {
        /** Nothing is under way that anybody waits for; a copy may be. */
        FREE,
        /** The host's memory is being written. */
        FILLING,
        /** A copy was started. */
        SENT,
        /** Operations with the arrays are being given to the device. */
        RECEIVED
    }

    private final LaneShape shape;
    private final UnaryOperator<NDArray> format;
    private final CopyStream stream;
    private final MemorySegment hostFeatures;
    private final MemorySegment hostLabels;
    private final ByteBuffer features;
    private final ByteBuffer labels;
    private final NDArray deviceFeatures;
    private final NDArray deviceLabels;
    private final Mark arrived;
    private final Mark used;
    private State state = State.FREE;

    /**
     * Takes the memory.
     *
     * @param shape how much
     * @param format puts features into the memory format that the model is to get
     * @param stream copies; closed before the owner
     * @param owner of the arrays on the device
     */
    DeviceLane(LaneShape shape, UnaryOperator<NDArray> format, CopyStream stream, NDManager owner) {
        this.shape = shape;
        this.format = format;
        this.stream = stream;
        int capacity = shape.capacity();
        hostFeatures = stream.allocate(shape.featureBytes(capacity));
        hostLabels = stream.allocate(shape.labelBytes(capacity));
        features = hostFeatures.asByteBuffer().order(ByteOrder.nativeOrder());
        labels = hostLabels.asByteBuffer().order(ByteOrder.nativeOrder());
        deviceFeatures = owner.create(shape.features(capacity), DataType.FLOAT32);
        deviceLabels = owner.create(shape.labels(capacity), shape.labelType());
        arrived = stream.mark();
        used = stream.mark();
        // The memory may have been somebody else's, whose last operations are still to come.
        used.operations();
    }

    private void go(State to, State... from) {
        for (State allowed : from) {
            if (state == allowed) {
                state = to;
                return;
            }
        }
        throw new IllegalStateException("a lane that is " + state + " cannot become " + to);
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
        go(State.FILLING, State.FREE);
        arrived.await();
    }

    @Override
    public Arrays send(int count, NDManager scope) {
        if (count < 1 || count > shape.capacity()) {
            throw new IllegalArgumentException("count is " + count + ", expected 1 to " + shape.capacity());
        }
        go(State.SENT, State.FILLING);
        used.holdsCopies();
        stream.copy(hostFeatures.asSlice(0, shape.featureBytes(count)), deviceFeatures);
        stream.copy(hostLabels.asSlice(0, shape.labelBytes(count)), deviceLabels);
        arrived.copies();
        // What is derived from a view belongs to its owner, the scope of the batch.
        return new Arrays(Flat.view(deviceFeatures, scope, 0, count), Flat.view(deviceLabels, scope, 0, count));
    }

    @Override
    public Arrays receive(Arrays sent) {
        go(State.RECEIVED, State.SENT);
        arrived.holdsOperations();
        return new Arrays(format.apply(sent.features()), sent.labels());
    }

    @Override
    public void release() {
        if (state == State.RECEIVED) {
            used.operations();
        }
        go(State.FREE, State.FREE, State.FILLING, State.SENT, State.RECEIVED);
    }
}
