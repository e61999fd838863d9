// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.GradientSlots;

/**
 * The places where leaves keep their gradients. libtorch keeps a gradient in the layout of its leaf, so that the bytes
 * of a contiguous leaf's gradient are those of its stretch of the flat array: on the CPU a copy of memory does, ten
 * times quicker than an operation of libtorch; large ones and those on a GPU go through one list operation, which uses
 * all threads. Not bound to the flat array instead: adding in place there and setting zeros costs more than the copy.
 */
final class Slots implements GradientSlots {
    /** The native functions. */
    static final class Functions {
        private final MemorySegment gradient;
        private final MemorySegment undefined;
        private final MemorySegment assign;
        private final MemorySegment view;
        private final MemorySegment zero;
        private final MemorySegment copyList;
        private final MemorySegment copy = Call.libc("memcpy");
        private final MemorySegment fill = Call.libc("memset");

        Functions(Symbols symbols) {
            Feature user = Feature.GRADIENT_SLOTS;
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

    private final Functions functions;
    private final Tensors tensors;
    private final int count;
    /** Addresses of the leaves' gradients, each an {@code at::Tensor}. */
    private final long[] slots;
    /** Where each gradient goes, in memory; 0 where {@link #views} is used. */
    private final long[] targets;
    private final long[] bytes;
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

    Slots(Functions functions, Tensors tensors, List<NDArray> leaves, NDArray flat) {
        this.functions = functions;
        this.tensors = tensors;
        count = leaves.size();
        long flatTensor = check(tensors, leaves, flat);
        slots = new long[count];
        targets = new long[count];
        bytes = new long[count];
        views = new long[count];
        lists = Arena.ofAuto().allocate(16L * count + 8, 8);
        to = lists.address();
        from = to + 8L * count;
        undefined = from + 8L * count;
        undefinedImpl = functions.undefined.address();
        Call.MEMORY.set(JAVA_LONG, undefined, undefinedImpl);

        long base = tensors.data(flatTensor);
        owned.add(tensors.share(flatTensor));
        boolean gpu = flat.getDevice().isGpu();
        long offset = 0;
        for (int i = 0; i < count; i++) {
            NDArray leaf = leaves.get(i);
            long tensor = Tensors.of(leaf, "leaf " + i);
            owned.add(tensors.share(tensor));
            slots[i] = slot(tensor);
            bytes[i] = 4 * leaf.size();
            if (gpu || bytes[i] >= LARGE_BYTES) {
                views[i] = view(flatTensor, tensor, leaf.getShape(), offset);
                owned.add(views[i]);
            } else {
                targets[i] = base + 4 * offset;
            }
            offset += leaf.size();
        }
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
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sizes = arena.allocate(8L * dimensions + 8, 8);
            MemorySegment strides = arena.allocate(8L * dimensions + 8, 8);
            MemorySegment out = arena.allocate(8, 8);
            long stride = 1;
            for (int i = 0; i < dimensions; i++) {
                int dimension = channelsLast ? Tensors.CHANNELS_LAST[i] : dimensions - 1 - i;
                sizes.setAtIndex(JAVA_LONG, dimension, shape.get(dimension));
                strides.setAtIndex(JAVA_LONG, dimension, stride);
                stride *= shape.get(dimension);
            }
            int code = (int) Call.VIEW.invokeExact(functions.view, flatTensor, (long) dimensions, sizes.address(),
                    strides.address(), offset, out.address());
            if (code != 0) {
                throw new IllegalStateException("libtorch can not make a view of shape " + shape);
            }
            return out.get(JAVA_LONG, 0);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    @Override
    public void gather() {
        open();
        int pending = 0;
        try {
            for (int i = 0; i < count; i++) {
                long implementation = Call.MEMORY.get(JAVA_LONG, slots[i]);
                if (implementation == undefinedImpl) {
                    zero(i);
                    continue;
                }
                long source = tensors.data(slots[i]);
                if (source == -1) {
                    throw new IllegalStateException("the gradient of leaf " + i + " is sparse, expected a dense one");
                }
                if (targets[i] != 0) {
                    long _ = (long) Call.COPY.invokeExact(functions.copy, targets[i], source, bytes[i]);
                } else {
                    Call.MEMORY.set(JAVA_LONG, to + 8L * pending, Call.MEMORY.get(JAVA_LONG, views[i]));
                    Call.MEMORY.set(JAVA_LONG, from + 8L * pending, implementation);
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

    private void zero(int index) throws Throwable {
        if (targets[index] != 0) {
            long _ = (long) Call.FILL.invokeExact(functions.fill, targets[index], 0, bytes[index]);
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

    private void open() {
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
