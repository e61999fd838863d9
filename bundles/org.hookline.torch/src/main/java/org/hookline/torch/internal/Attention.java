// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.lang.foreign.MemorySegment;
import org.hookline.torch.Torch.Feature;

/**
 * {@code aten::scaled_dot_product_attention}, which takes a kernel by itself that never has all weights in memory: on a
 * CPU where there is no dropout, on a GPU with it too. In half precision that of a CPU makes an object of oneDNN for
 * each of its many small products, which costs several times as much as the products; there it is plain operations as
 * long as all weights fit the caches.
 */
public final class Attention {
    /** Keys up to which plain operations are the faster on a CPU in half precision: by a half and more, measured. */
    private static final int MOST_PLAIN_KEYS = 256;

    private static final MemorySegment OPERATION = Dispatcher.operation("aten::scaled_dot_product_attention");

    private final Tensors tensors;
    private final Autocast.Functions autocast;
    private final boolean canAutocast;
    private final Dispatcher dispatcher;

    Attention(Symbols symbols, Tensors tensors, Autocast.Functions autocast, Dispatcher dispatcher) {
        this.tensors = tensors;
        this.autocast = autocast;
        this.dispatcher = dispatcher;
        // Not called, but its name holds the types of the arguments that are put on the stack below.
        symbols.find("_ZN2at4_ops28scaled_dot_product_attention4callERKNS_6TensorES4_S4_RKSt8optionalIS2_EdbS5_IdEb",
                Feature.ATTENTION);
        canAutocast = !symbols.missing().containsKey(Feature.AUTOCAST);
    }

    /**
     * The same by DJL's operations, without a causal mask; under autocast in any precision.
     *
     * @param queries shape (batch, heads, T, E)
     * @param keys shape (batch, heads, F, E)
     * @param values shape (batch, heads, F, E)
     * @param dropout part of the weights to leave out, in [0, 1)
     * @return shape (batch, heads, T, E)
     */
    public static NDArray plain(NDArray queries, NDArray keys, NDArray values, double dropout) {
        // An array of one dimension and no scalar: it widens bfloat16, of which DJL's softmax can not ask the type.
        NDArray scale = queries.getManager().full(new Shape(1), (float) (1 / Math.sqrt(queries.getShape().get(3))));
        NDArray weights = queries.matMul(keys.transpose(0, 1, 3, 2)).mul(scale).softmax(3);
        return (dropout > 0 ? Dropout.dropout(weights, (float) dropout, true).singletonOrThrow() : weights)
                .matMul(values);
    }

    /** As {@link org.hookline.torch.Torch#attention}. */
    NDArray of(NDArray queries, NDArray keys, NDArray values, double dropout, boolean causal) {
        long q = check(queries, "queries");
        long k = check(keys, "keys");
        long v = check(values, "values");
        fits(keys, k, "keys", queries, q);
        fits(values, v, "values", queries, q);
        Tensors.alike(values, "values", keys, "keys");
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout is " + dropout + ", expected at least 0 and below 1");
        }
        if (!causal && isFasterPlain(queries, q, keys, dropout)) {
            return plain(queries, keys, values, dropout);
        }
        long qHandle = tensors.share(q);
        long kHandle = tensors.share(k);
        long vHandle = tensors.share(v);
        MemorySegment stack = Tensors.scratch();
        stack.setAtIndex(JAVA_LONG, 0, qHandle);
        stack.setAtIndex(JAVA_LONG, 1, kHandle);
        stack.setAtIndex(JAVA_LONG, 2, vHandle);
        // No mask; the usual scale, 1 / sqrt(size of a head); as many heads of keys and values as of queries.
        stack.setAtIndex(JAVA_LONG, 3, 0);
        stack.setAtIndex(JAVA_DOUBLE, 4, dropout);
        stack.setAtIndex(JAVA_LONG, 5, causal ? 1 : 0);
        stack.setAtIndex(JAVA_LONG, 6, 0);
        stack.setAtIndex(JAVA_LONG, 7, 0);
        long result = dispatcher.call(OPERATION, stack);
        if (result == 0) {
            throw Dispatcher.failure("attention of queries " + queries.getShape() + " and keys " + keys.getShape()
                    + " failed");
        }
        return new PtNDArray((PtNDManager) queries.getManager(), result);
    }

    private boolean isFasterPlain(NDArray queries, long q, NDArray keys, double dropout) {
        return !queries.getDevice().isGpu() && tensors.type(q) != Tensors.FLOAT32
                && (dropout > 0 || keys.getShape().get(2) <= MOST_PLAIN_KEYS)
                && canAutocast && autocast.enabled(false);
    }

    private long check(NDArray array, String argument) {
        long tensor = Tensors.of(array, argument);
        Shape shape = array.getShape();
        if (shape.dimension() != 4 || shape.size() == 0 || array.isSparse()) {
            throw new IllegalArgumentException(argument + " have shape " + shape
                    + ", expected (batch, heads, steps, values), none of them 0");
        }
        int type = tensors.type(tensor);
        if (type != Tensors.FLOAT32 && type != Tensors.FLOAT16 && type != Tensors.BFLOAT16) {
            // Not by DJL, which ends the process when it is asked for a type that it does not know.
            throw new IllegalArgumentException(argument + " are of libtorch's type " + type
                    + ", expected float32 (6), float16 (5) or bfloat16 (15)");
        }
        return tensor;
    }

    private void fits(NDArray array, long tensor, String argument, NDArray queries, long q) {
        Tensors.sameDevice(array, argument, queries, "queries");
        if (tensors.type(tensor) != tensors.type(q)) {
            throw new IllegalArgumentException(argument + " are of libtorch's type " + tensors.type(tensor)
                    + ", queries of type " + tensors.type(q) + ", expected the same");
        }
        Shape shape = array.getShape();
        Shape wanted = queries.getShape();
        if (shape.get(0) != wanted.get(0) || shape.get(1) != wanted.get(1) || shape.get(3) != wanted.get(3)) {
            throw new IllegalArgumentException(argument + " have shape " + shape + ", queries have " + wanted
                    + ", expected the same but for the steps");
        }
    }
}
