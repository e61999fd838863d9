// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;

/**
 * A batch in memory that is used again and again. On the CPU the arrays lie in this memory and are not copied, so it is
 * filled anew only after the iteration that uses it.
 */
final class Batch {
    private final SampleSpec samples;
    private final Lane lane;
    private final int featureSize;
    private final int labelSize;
    private final FloatBuffer featureValues;
    private final FloatBuffer targetValues;
    private final LongBuffer classValues;

    private NDManager scope;
    private Lane.Arrays arrays;
    private int size;
    private Throwable failure;

    /**
     * Takes a lane into use.
     *
     * @param shape of the lane
     * @param lane holds the memory
     */
    Batch(LaneShape shape, Lane lane) {
        this.lane = lane;
        samples = shape.samples();
        featureSize = shape.featureSize();
        labelSize = shape.labelSize();
        featureValues = lane.features().asFloatBuffer();
        targetValues = lane.labels().asFloatBuffer();
        classValues = lane.labels().asLongBuffer();
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
        lane.fill();
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
        arrays = lane.send(count, scope);
    }

    /** Waits for the arrays, on the device. Called on the thread that computes, before it uses them. */
    void receive() {
        arrays = lane.receive(arrays);
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
        return arrays.features();
    }

    /** {@return int64 of shape (batch), or float32 of shape (batch, targets)} */
    NDArray labels() {
        return arrays.labels();
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
        arrays = null;
        failure = null;
        if (closing != null) {
            closing.close();
        }
    }

    /** Closes the arrays and lets the memory be filled anew; called on the thread that computes. */
    void release() {
        closeArrays();
        lane.release();
    }
}
