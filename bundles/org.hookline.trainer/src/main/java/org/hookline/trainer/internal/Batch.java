// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.function.UnaryOperator;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;

/**
 * A batch in memory that is used again and again. On the CPU the arrays lie in this memory and are not copied, so it is
 * filled anew only after the iteration that uses it.
 */
final class Batch {
    /** What the vector units of today's processors like. */
    private static final long ALIGNMENT = 64;

    private final SampleSpec samples;
    private final UnaryOperator<NDArray> format;
    private final int featureSize;
    private final int labelSize;
    private final ByteBuffer featureBytes;
    private final ByteBuffer labelBytes;
    private final FloatBuffer featureValues;
    private final FloatBuffer targetValues;
    private final LongBuffer classValues;

    private NDManager scope;
    private NDArray features;
    private NDArray labels;
    private int size;
    private Throwable failure;

    /**
     * Takes the memory.
     *
     * @param arena owns it
     * @param samples the shape of the samples
     * @param capacity the largest number of samples
     * @param format puts features into the memory format that the model is to get
     */
    Batch(Arena arena, SampleSpec samples, int capacity, UnaryOperator<NDArray> format) {
        this.samples = samples;
        this.format = format;
        featureSize = Math.toIntExact(samples.features().size());
        labelSize = samples.isClassification() ? 1 : Math.toIntExact(samples.label().size());
        featureBytes = allocate(arena, (long) capacity * featureSize * Float.BYTES);
        featureValues = featureBytes.asFloatBuffer();
        labelBytes = allocate(arena, (long) capacity * labelSize * labelBytesEach());
        targetValues = labelBytes.asFloatBuffer();
        classValues = labelBytes.asLongBuffer();
    }

    private static ByteBuffer allocate(Arena arena, long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw new UserError("data: a batch takes " + bytes + " bytes, more than " + Integer.MAX_VALUE
                    + "; batch_size or the samples are too large");
        }
        MemorySegment memory = arena.allocate(bytes, ALIGNMENT);
        return memory.asByteBuffer().order(ByteOrder.nativeOrder());
    }

    private int labelBytesEach() {
        return samples.isClassification() ? Long.BYTES : Float.BYTES;
    }

    /**
     * Reads samples and makes their arrays. Called on a data thread.
     *
     * @param split where from
     * @param order in which order
     * @param from the position of the first sample
     * @param count how many
     * @param parent of the new arrays, on the device
     */
    void fill(Split split, SampleOrder order, int from, int count, NDManager parent) {
        featureValues.clear();
        targetValues.clear();
        classValues.clear();
        for (int i = 0; i < count; i++) {
            int index = order.at(from + i);
            try {
                read(split, index, order.randomOf(index), i);
            } catch (UserError e) {
                throw e;
            } catch (RuntimeException e) {
                throw new IllegalStateException("sample " + index + " cannot be read: " + e, e);
            }
        }
        size = count;
        scope = parent.newSubManager();
        features = format.apply(scope.create(featureBytes.slice(0, count * featureSize * Float.BYTES),
                new Shape(count).addAll(samples.features()), DataType.FLOAT32));
        ByteBuffer labelData = labelBytes.slice(0, count * labelSize * labelBytesEach());
        labels = samples.isClassification()
                ? scope.create(labelData, new Shape(count), DataType.INT64)
                : scope.create(labelData, new Shape(count).addAll(samples.label()), DataType.FLOAT32);
    }

    private void read(Split split, int index, long random, int place) {
        split.readFeatures(index, featureValues, random);
        expect(featureValues.position(), (place + 1) * featureSize, "features");
        if (samples.isClassification()) {
            split.readClass(index, classValues);
            expect(classValues.position(), place + 1, "class");
            long label = classValues.get(place);
            // Out of range it would be an unclear native error; on a GPU the end of the process.
            if (label < 0 || label >= samples.classes().size()) {
                throw new UserError("data: the class of sample " + index + " is " + label + ", expected 0 to "
                        + (samples.classes().size() - 1));
            }
        } else {
            split.readTarget(index, targetValues);
            expect(targetValues.position(), (place + 1) * labelSize, "target");
        }
    }

    private static void expect(int position, int expected, String what) {
        if (position != expected) {
            throw new IllegalStateException("its " + what + " moved the buffer to " + position + ", expected "
                    + expected);
        }
    }

    /** {@return the scope of its arrays; results of operations on them belong to it too} */
    NDManager scope() {
        return scope;
    }

    /** {@return float32 of shape (batch, features...), on the device} */
    NDArray features() {
        return features;
    }

    /** {@return int64 of shape (batch), or float32 of shape (batch, targets)} */
    NDArray labels() {
        return labels;
    }

    /** {@return the number of samples} */
    int size() {
        return size;
    }

    /** {@return why it could not be filled, or null} */
    Throwable failure() {
        return failure;
    }

    void fail(Throwable cause) {
        failure = cause;
    }

    /** Closes the arrays; does nothing the second time. */
    void closeArrays() {
        NDManager closing = scope;
        scope = null;
        features = null;
        labels = null;
        failure = null;
        if (closing != null) {
            closing.close();
        }
    }
}
