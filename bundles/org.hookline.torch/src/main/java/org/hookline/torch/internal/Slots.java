// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntSupplier;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.GradientSlots;
import org.hookline.torch.Torch.LeafSteps;

/**
 * The places where leaves keep their gradients. libtorch keeps a gradient in the layout of its leaf, so that the bytes
 * of a contiguous leaf's gradient are those of its stretch of the flat array: on the CPU a copy of memory does, ten
 * times quicker than an operation of libtorch; large ones and those on a GPU go through one list operation, which uses
 * all threads. Not bound to the flat array instead: adding in place there and setting zeros costs more than the copy.
 */
final class Slots implements GradientSlots {
    /** The native functions. */
    static final class Functions {
        private final Optional<Team> team;
        private final MemorySegment gradient;
        private final MemorySegment undefined;
        private final MemorySegment assign;
        private final MemorySegment view;
        private final MemorySegment zero;
        private final MemorySegment copyList;
        private final MemorySegment copy = Call.libc("memcpy");
        private final MemorySegment fill = Call.libc("memset");

        Functions(Symbols symbols, Optional<Team> team) {
            Feature user = Feature.GRADIENT_SLOTS;
            this.team = team;
            gradient = symbols.find("_ZN3c1010TensorImpl12mutable_gradEv", user);
            undefined = symbols.find("_ZN3c1019UndefinedTensorImpl10_singletonE", user);
            assign = symbols.find("aoti_torch_assign_tensors", user);
            view = symbols.find("aoti_torch__reinterpret_tensor", user);
            zero = symbols.find("aoti_torch_zero_", user);
            copyList = symbols.find("_ZN2at4_ops14_foreach_copy_4callEN3c108ArrayRefINS_6TensorEEES5_b", user);
        }
    }

    /** From here on the threads of libtorch are worth their start. */
    static final long LARGE_BYTES = 1L << 20;

    /** From here on libtorch's norm is the faster one where it alone has several threads. */
    private static final long LARGE_NORM = 1L << 20;

    private final Functions functions;
    private final Tensors tensors;
    private final FusedSteps.Functions fused;
    private final IntSupplier threads;
    private final boolean gpu;
    private final int count;
    private final SquareSum squares;
    /** Elements of each leaf, and of all. */
    private final long[] sizes;
    private final long size;
    private final boolean[] all;
    /** The flat array, and where it lies. */
    private final long flat;
    private final long base;
    /** Addresses of the leaves' gradients, each an {@code at::Tensor}. */
    private final long[] slots;
    /** Where each gradient goes, in memory; 0 where {@link #views} is used. */
    private final long[] targets;
    /** Stretches of the flat array in the shape of the leaf; 0 where {@link #targets} is used. */
    private final long[] views;
    /** Handles that keep leaves, flat array and views alive, whatever happens to DJL's arrays. */
    private final List<Long> owned = new ArrayList<>();
    /** Two lists of tensors, to and from, and the undefined tensor. */
    private final MemorySegment lists;
    private final long to;
    private final long from;
    private final long undefined;
    private final long undefinedImpl;
    private boolean closed;

    Slots(Functions functions, Tensors tensors, FusedSteps.Functions fused, IntSupplier threads,
            List<NDArray> leaves, NDArray flat) {
        this.functions = functions;
        this.tensors = tensors;
        this.fused = fused;
        this.threads = threads;
        squares = new SquareSum(functions.team);
        count = leaves.size();
        long flatTensor = check(tensors, leaves, flat);
        slots = new long[count];
        targets = new long[count];
        sizes = new long[count];
        views = new long[count];
        lists = Arena.ofAuto().allocate(16L * count + 8, 8);
        to = lists.address();
        from = to + 8L * count;
        undefined = from + 8L * count;
        undefinedImpl = functions.undefined.address();
        Call.MEMORY.set(JAVA_LONG, undefined, undefinedImpl);

        base = tensors.data(flatTensor);
        this.flat = tensors.share(flatTensor);
        owned.add(this.flat);
        gpu = flat.getDevice().isGpu();
        long offset = 0;
        for (int i = 0; i < count; i++) {
            NDArray leaf = leaves.get(i);
            long tensor = Tensors.of(leaf, "leaf " + i);
            owned.add(tensors.share(tensor));
            slots[i] = slot(tensor);
            sizes[i] = leaf.size();
            if (gpu || 4 * sizes[i] >= LARGE_BYTES) {
                views[i] = view(flatTensor, tensor, leaf.getShape(), offset);
                owned.add(views[i]);
            } else {
                targets[i] = base + 4 * offset;
            }
            offset += sizes[i];
        }
        size = offset;
        all = new boolean[count];
        Arrays.fill(all, true);
    }

    private static long check(Tensors tensors, List<NDArray> leaves, NDArray flat) {
        long flatTensor = tensors.writable(flat, "flat");
        if (flat.hasGradient()) {
            throw new IllegalArgumentException("flat requires gradients itself, expected a plain array");
        }
        long total = 0;
        for (int i = 0; i < leaves.size(); i++) {
            NDArray leaf = leaves.get(i);
            String name = "leaf " + i;
            long tensor = tensors.of(leaf, name, Tensors.FLOAT32);
            if (!tensors.channelsLast(tensor, leaf.getShape())) {
                tensors.dense(leaf, name, Tensors.FLOAT32);
            }
            Tensors.sameDevice(leaf, name, flat, "flat");
            total += leaf.size();
        }
        if (total != flat.size()) {
            throw new IllegalArgumentException(
                    "flat has " + flat.size() + " elements, the leaves have " + total + ", expected the same");
        }
        return flatTensor;
    }

    private long slot(long tensor) {
        try {
            // A tensor is a pointer to its implementation.
            return (long) Call.LONG_OF_1.invokeExact(functions.gradient, Call.MEMORY.get(JAVA_LONG, tensor));
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** A stretch of the flat array in the shape and the memory format of a leaf. */
    private long view(long flatTensor, long leaf, Shape shape, long offset) {
        int dimensions = shape.dimension();
        boolean channelsLast = tensors.channelsLast(leaf, shape);
        long[] lengths = new long[dimensions];
        long[] strides = new long[dimensions];
        long stride = 1;
        for (int i = 0; i < dimensions; i++) {
            int dimension = channelsLast ? Tensors.CHANNELS_LAST[i] : dimensions - 1 - i;
            lengths[dimension] = shape.get(dimension);
            strides[dimension] = stride;
            stride *= shape.get(dimension);
        }
        return view(flatTensor, lengths, strides, offset);
    }

    /** {@return a handle of a view, which its owner deletes} */
    private long view(long tensor, long[] lengths, long[] strides, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lengthsAt = arena.allocateFrom(JAVA_LONG, lengths);
            MemorySegment stridesAt = arena.allocateFrom(JAVA_LONG, strides);
            MemorySegment out = arena.allocate(8, 8);
            int code = (int) Call.VIEW.invokeExact(functions.view, tensor, (long) lengths.length, lengthsAt.address(),
                    stridesAt.address(), offset, out.address());
            if (code != 0) {
                throw new IllegalStateException(
                        "libtorch can not make a view of shape " + Arrays.toString(lengths));
            }
            return out.get(JAVA_LONG, 0);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /**
     * Makes a view of a stretch of an array that is laid out as the flat one.
     *
     * @param tensor the array
     * @param offset of its first element
     * @param length elements
     * @return a handle, which its owner deletes
     */
    long stretch(long tensor, long offset, long length) {
        return view(tensor, new long[] {length}, new long[] {1}, offset);
    }

    @Override
    public void gather() {
        open();
        gather(all);
    }

    /**
     * Copies some gradients into the flat array.
     *
     * @param which of each leaf, whether
     */
    void gather(boolean[] which) {
        int pending = 0;
        try {
            for (int i = 0; i < count; i++) {
                if (!which[i]) {
                    continue;
                }
                if (!isDefined(i)) {
                    zero(i);
                } else if (targets[i] != 0) {
                    copy(i);
                } else {
                    dense(i);
                    Call.MEMORY.set(JAVA_LONG, to + 8L * pending, Call.MEMORY.get(JAVA_LONG, views[i]));
                    Call.MEMORY.set(JAVA_LONG, from + 8L * pending, gradient(i));
                    pending++;
                }
            }
            if (pending > 0) {
                boolean before = tensors.beginNoGrad();
                Call.COPY_LIST.invokeExact(functions.copyList, to, (long) pending, from, (long) pending, false);
                tensors.endNoGrad(before);
            }
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private void copy(int leaf) throws Throwable {
        long _ = (long) Call.COPY.invokeExact(functions.copy, targets[leaf], dense(leaf), 4 * sizes[leaf]);
    }

    /** {@return the implementation of a leaf's gradient} */
    long gradient(int leaf) {
        return Call.MEMORY.get(JAVA_LONG, slots[leaf]);
    }

    /** {@return whether a leaf has a gradient} */
    boolean isDefined(int leaf) {
        return gradient(leaf) != undefinedImpl;
    }

    /** {@return where a leaf's gradient lies} */
    long dense(int leaf) {
        long source = tensors.data(slots[leaf]);
        if (source == -1) {
            throw new IllegalStateException("the gradient of leaf " + leaf + " is sparse, expected a dense one");
        }
        return source;
    }

    @Override
    public OptionalDouble norm(boolean gathered) {
        open();
        if (gpu || (functions.team.isEmpty() && size >= LARGE_NORM && threads.getAsInt() > 1)) {
            return OptionalDouble.empty();
        }
        squares.clear();
        if (gathered) {
            squares.add(base, size);
        } else {
            for (int i = 0; i < count; i++) {
                if (isDefined(i)) {
                    squares.add(dense(i), sizes[i]);
                } else {
                    squares.skip(sizes[i]);
                }
            }
        }
        return OptionalDouble.of((float) Math.sqrt(squares.sum()));
    }

    @Override
    public Optional<LeafSteps> steps(NDArray parameter, List<NDArray> state, NDArray step) {
        open();
        return FusedSteps.of(this, tensors, fused, parameter, state, step);
    }

    /** {@return elements of each leaf} */
    long[] sizes() {
        return sizes;
    }

    /** {@return the flat array} */
    long flat() {
        return flat;
    }

    /** {@return whether the gradients lie on a GPU} */
    boolean gpu() {
        return gpu;
    }

    /** {@return threads of one native operation} */
    int threads() {
        return threads.getAsInt();
    }

    private void zero(int index) throws Throwable {
        if (targets[index] != 0) {
            long _ = (long) Call.FILL.invokeExact(functions.fill, targets[index], 0, 4 * sizes[index]);
        } else {
            boolean before = tensors.beginNoGrad();
            int _ = (int) Call.INT_OF_1.invokeExact(functions.zero, views[index]);
            tensors.endNoGrad(before);
        }
    }

    @Override
    public void clear() {
        open();
        try {
            for (int i = 0; i < count; i++) {
                // An assignment of C++: gives the old gradient back if nobody else holds it.
                int _ = (int) Call.INT_OF_2.invokeExact(functions.assign, undefined, slots[i]);
            }
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    void open() {
        if (closed) {
            throw new IllegalStateException("the gradient slots are closed");
        }
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
