// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hookline.torch.Torch.LeafSteps;

/**
 * Optimizer steps of the flat array in several pieces, all in one native call: large leaves, of which the gradient is
 * read where backward left it, and the stretches of small ones between them, whose gradients are gathered first.
 *
 * <p>libtorch computes the last numbers of a piece, fewer than a vector of the processor holds, by other instructions
 * with other roundings. Pieces therefore end at multiples of {@link #UNIT} only, so that a step gives to the bit what
 * it gives to the whole flat array.
 */
final class FusedSteps implements LeafSteps {
    /**
     * The native functions, null where one is missing.
     *
     * @param adamW decoupled weight decay
     * @param adam weight decay as a penalty
     * @param sgd with or without momentum
     */
    record Functions(MemorySegment adamW, MemorySegment adam, MemorySegment sgd) {}

    /** Elements that libtorch does not divide: a line of the cache. */
    static final int UNIT = 16;

    /** To copy less than this is quicker than another piece. */
    static final long SMALLEST = 32 << 10;

    /**
     * The same where several threads share each piece, which they start for: the calling one alone would copy, from
     * the caches of the cores that computed the gradients.
     */
    static final long SMALLEST_SHARED = 128 << 10;

    /**
     * A stretch of the flat array.
     *
     * @param leaf whose gradient is read where it lies; -1 for that of the flat array
     * @param start its first element
     * @param end behind its last element
     */
    record Piece(int leaf, long start, long end) {}

    private final Slots slots;
    private final Tensors tensors;
    private final Functions functions;
    private final List<Piece> pieces;
    /** Of each leaf, whether its gradient is to be gathered. */
    private final boolean[] gathered;
    private final int states;
    /** Handles, to be deleted. */
    private final List<Long> owned = new ArrayList<>();
    /** Lists of tensors, a tensor for each piece: parameters, gradients, each state, steps. */
    private final MemorySegment lists;
    private boolean closed;

    private FusedSteps(Slots slots, Tensors tensors, Functions functions, List<Piece> pieces, List<Long> arrays,
            long step) {
        this.slots = slots;
        this.tensors = tensors;
        this.functions = functions;
        this.pieces = pieces;
        this.states = arrays.size() - 1;
        gathered = new boolean[slots.sizes().length];
        Arrays.fill(gathered, true);
        pieces.stream().filter(p -> p.leaf() >= 0).forEach(p -> gathered[p.leaf()] = false);
        lists = Arena.ofAuto().allocate(8L * pieces.size() * (states + 3), 8);
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            put(0, i, stretch(arrays.getFirst(), piece));
            if (piece.leaf() < 0) {
                put(1, i, stretch(slots.flat(), piece));
            }
            for (int state = 0; state < states; state++) {
                put(2 + state, i, stretch(arrays.get(1 + state), piece));
            }
            put(2 + states, i, share(step));
        }
    }

    /**
     * Prepares steps.
     *
     * @param slots where the gradients are
     * @param tensors looks at arrays
     * @param functions does the steps
     * @param parameter laid out as the flat array
     * @param state laid out as the flat array
     * @param step a scalar, or null
     * @return the steps; empty where it is no gain
     */
    static Optional<LeafSteps> of(Slots slots, Tensors tensors, Functions functions, NDArray parameter,
            List<NDArray> state, NDArray step) {
        long smallest = slots.threads() == 1 ? SMALLEST : SMALLEST_SHARED;
        List<Piece> pieces = pieces(slots.sizes(), smallest);
        if (slots.gpu() || pieces.stream().allMatch(p -> p.leaf() < 0)) {
            return Optional.empty();
        }
        List<Long> arrays = new ArrayList<>();
        arrays.add(like(tensors, parameter, "parameter", slots));
        for (int i = 0; i < state.size(); i++) {
            arrays.add(like(tensors, state.get(i), "state " + i, slots));
        }
        long steps = step == null ? 0 : tensors.dense(step, "step", Tensors.FLOAT32);
        return Optional.of(new FusedSteps(slots, tensors, functions, pieces, arrays, steps));
    }

    private static long like(Tensors tensors, NDArray array, String name, Slots slots) {
        long tensor = tensors.writable(array, name);
        long size = Arrays.stream(slots.sizes()).sum();
        if (array.getShape().dimension() != 1 || array.size() != size || array.getDevice().isGpu()) {
            throw new IllegalArgumentException(name + " has shape " + array.getShape() + " on " + array.getDevice()
                    + ", expected (" + size + ") on the CPU");
        }
        return tensor;
    }

    /**
     * Cuts the flat array.
     *
     * @param sizes of the leaves, in elements
     * @param smallest bytes of a leaf that is a piece of its own
     * @return all of it, in order
     */
    static List<Piece> pieces(long[] sizes, long smallest) {
        List<Piece> pieces = new ArrayList<>();
        long from = 0;
        long start = 0;
        for (int i = 0; i < sizes.length; i++) {
            long end = start + sizes[i];
            boolean whole = start % UNIT == 0 && (end % UNIT == 0 || i == sizes.length - 1);
            if (whole && 4 * sizes[i] >= smallest) {
                if (from < start) {
                    pieces.add(new Piece(-1, from, start));
                }
                pieces.add(new Piece(i, start, end));
                from = end;
            }
            start = end;
        }
        if (from < start) {
            pieces.add(new Piece(-1, from, start));
        }
        return List.copyOf(pieces);
    }

    private long stretch(long tensor, Piece piece) {
        long view = slots.stretch(tensor, piece.start(), piece.end() - piece.start());
        owned.add(view);
        return view;
    }

    private long share(long tensor) {
        if (tensor == 0) {
            return 0;
        }
        long handle = tensors.share(tensor);
        owned.add(handle);
        return handle;
    }

    /** A handle is a pointer to a tensor, which is a pointer to its implementation: that is what lists hold. */
    private void put(int list, int piece, long handle) {
        Call.MEMORY.set(JAVA_LONG, list(list) + 8L * piece,
                handle == 0 ? 0 : Call.MEMORY.get(JAVA_LONG, handle));
    }

    private long list(int list) {
        return lists.address() + 8L * list * pieces.size();
    }

    /** {@return whether the gradients are as they must be, and are in the lists now} */
    private boolean takeGradients() {
        if (closed) {
            throw new IllegalStateException("the steps are closed");
        }
        slots.open();
        for (int i = 0; i < pieces.size(); i++) {
            int leaf = pieces.get(i).leaf();
            if (leaf >= 0) {
                if (!slots.isDefined(leaf)) {
                    return false;
                }
                slots.dense(leaf);
                Call.MEMORY.set(JAVA_LONG, list(1) + 8L * i, slots.gradient(leaf));
            }
        }
        slots.gather(gathered);
        return true;
    }

    @Override
    public boolean adam(boolean decoupled, double learningRate, double beta1, double beta2, double eps,
            double weightDecay) {
        LibTorch.checkAdam(learningRate, beta1, beta2, eps, weightDecay);
        if (states != 2) {
            throw new IllegalStateException("these steps have " + states
                    + " states, Adam's have a mean and a variance");
        }
        if (!takeGradients()) {
            return false;
        }
        MemorySegment function = decoupled ? functions.adamW : functions.adam;
        long n = pieces.size();
        boolean before = tensors.beginNoGrad();
        try {
            Call.ADAM.invokeExact(function, list(0), n, list(1), n, list(2), n,
                    list(3), n, 0L, 0L, list(4), n, learningRate, beta1, beta2, weightDecay, eps, false, false,
                    Call.NO_TENSOR, Call.NO_TENSOR);
        } catch (Throwable e) {
            throw Call.impossible(e);
        } finally {
            tensors.endNoGrad(before);
        }
        return true;
    }

    @Override
    public boolean sgd(double learningRate, double momentum, double dampening, double weightDecay, boolean nesterov,
            boolean first) {
        LibTorch.checkSgd(learningRate, momentum, dampening, weightDecay, nesterov);
        if (momentum != 0 && states != 1) {
            throw new IllegalStateException("these steps have " + states + " states, a momentum has one buffer");
        }
        if (!takeGradients()) {
            return false;
        }
        long n = pieces.size();
        boolean before = tensors.beginNoGrad();
        try {
            Call.SGD.invokeExact(functions.sgd, list(0), n, list(1), n, momentum == 0 ? 0L : list(2),
                    momentum == 0 ? 0L : n, weightDecay, momentum, learningRate, dampening, nesterov, false, first,
                    Call.NO_TENSOR, Call.NO_TENSOR);
        } catch (Throwable e) {
            throw Call.impossible(e);
        } finally {
            tensors.endNoGrad(before);
        }
        return true;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owned.forEach(tensors::delete);
            owned.clear();
        }
    }
}
