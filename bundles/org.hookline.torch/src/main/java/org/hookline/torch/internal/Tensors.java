// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.hookline.torch.Torch.Feature;

/**
 * Looks at tensors through libtorch's C interface, whose functions return an error code instead of throwing. A tensor
 * is the address of an {@code at::Tensor}, which is what DJL's arrays hold.
 */
final class Tensors {
    static final int FLOAT32 = 6;
    static final int FLOAT64 = 7;
    static final int FLOAT16 = 5;
    static final int INT64 = 4;
    static final int BFLOAT16 = 15;

    /** The dimensions of images in the format channels last, from the innermost. */
    static final int[] CHANNELS_LAST = {1, 3, 2, 0};

    /** A place for results, one for each thread. */
    private static final ThreadLocal<MemorySegment> SCRATCH =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(64, 16));

    private final MemorySegment data;
    private final MemorySegment strides;
    private final MemorySegment type;
    private final MemorySegment deviceType;
    private final MemorySegment inference;
    private final MemorySegment gradMode;
    private final MemorySegment setGradMode;
    private final MemorySegment share;
    private final MemorySegment delete;

    Tensors(Symbols symbols) {
        Feature[] users = {Feature.FUSED_ADAMW, Feature.FUSED_ADAM, Feature.FUSED_SGD, Feature.GRADIENT_SLOTS,
                Feature.UNSCALE, Feature.CROSS_ENTROPY, Feature.ATTENTION, Feature.MAX_POOL, Feature.CHANNELS_LAST,
                Feature.COPY_STREAM, Feature.ALLOCATOR_MEMORY, Feature.HOST_SCALARS};
        data = symbols.find("aoti_torch_get_data_ptr", users);
        strides = symbols.find("aoti_torch_get_strides", users);
        type = symbols.find("aoti_torch_get_dtype", users);
        deviceType = symbols.find("aoti_torch_get_device_type", Feature.HOST_SCALARS);
        inference = symbols.find("_ZN2at4_ops12is_inference4callERKNS_6TensorE", users);
        gradMode = symbols.find("aoti_torch_grad_mode_is_enabled", users);
        setGradMode = symbols.find("aoti_torch_grad_mode_set_enabled", users);
        Feature[] holders = {Feature.GRADIENT_SLOTS, Feature.CROSS_ENTROPY, Feature.ATTENTION,
                Feature.CHANNELS_LAST};
        share = symbols.find("aoti_torch_new_tensor_handle", holders);
        delete = symbols.find("aoti_torch_delete_tensor_object", holders);
    }

    /** {@return 64 bytes of the calling thread's} */
    static MemorySegment scratch() {
        return SCRATCH.get();
    }

    /**
     * The tensor of an array.
     *
     * @param array an array of DJL's PyTorch engine
     * @param name of the argument, for messages
     * @return the tensor
     */
    static long of(NDArray array, String name) {
        if (array instanceof PtNDArray tensor) {
            return tensor.getHandle();
        }
        throw new IllegalArgumentException(name + " is "
                + (array == null ? "null" : "a " + array.getClass().getName())
                + ", expected an array of DJL's PyTorch engine");
    }

    /**
     * The address of the first element.
     *
     * @param tensor the tensor
     * @return the address, 0 where there are no elements; -1 for a tensor without storage, such as a sparse one
     */
    long data(long tensor) {
        long out = scratch().address();
        try {
            return (int) Call.LOOK.invokeExact(data, tensor, out) == 0 ? Call.MEMORY.get(JAVA_LONG, out) : -1;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return libtorch's number of the tensor's type} */
    int type(long tensor) {
        long out = scratch().address();
        try {
            int code = (int) Call.LOOK.invokeExact(type, tensor, out);
            return code == 0 ? Call.MEMORY.get(JAVA_INT, out) : -1;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return whether the tensor lies in the host's memory} */
    boolean isOnHost(long tensor) {
        long out = scratch().address();
        try {
            // c10::DeviceType::CPU is 0.
            return (int) Call.LOOK.invokeExact(deviceType, tensor, out) == 0 && Call.MEMORY.get(JAVA_INT, out) == 0;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return where the strides are; 0 for a tensor without, such as a sparse one} */
    private long strides(long tensor) {
        long out = scratch().address();
        try {
            return (int) Call.LOOK.invokeExact(strides, tensor, out) == 0 ? Call.MEMORY.get(JAVA_LONG, out) : 0;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return whether a tensor lies in memory in the order of its indexes, without gaps} */
    boolean contiguous(long tensor, Shape shape) {
        long stridesAt = strides(tensor);
        if (stridesAt == 0) {
            return shape.dimension() == 0;
        }
        long expected = 1;
        for (int i = shape.dimension() - 1; i >= 0; i--) {
            long size = shape.get(i);
            if (size == 0) {
                return true;
            }
            if (size != 1 && Call.MEMORY.get(JAVA_LONG, stridesAt + 8L * i) != expected) {
                return false;
            }
            expected *= size;
        }
        return true;
    }

    /**
     * Tells whether a tensor lies in memory in the format channels last and in no other, so that its order there is not
     * that of its indexes.
     *
     * @param tensor of shape (batch, channels, height, width)
     * @param shape its shape
     * @return true if it does, without gaps and repetitions
     */
    boolean channelsLast(long tensor, Shape shape) {
        long stridesAt = strides(tensor);
        if (shape.dimension() != 4 || stridesAt == 0 || contiguous(tensor, shape)) {
            return false;
        }
        long expected = 1;
        for (int i : CHANNELS_LAST) {
            if (shape.get(i) != 1 && Call.MEMORY.get(JAVA_LONG, stridesAt + 8L * i) != expected) {
                return false;
            }
            expected *= shape.get(i);
        }
        return true;
    }

    /**
     * Checks that an array is dense and contiguous, of a type.
     *
     * @param array the array
     * @param name of the argument, for messages
     * @param expected the type
     * @return its tensor
     */
    long dense(NDArray array, String name, int expected) {
        long tensor = of(array, name, expected);
        if (array.isSparse() || !contiguous(tensor, array.getShape())) {
            throw new IllegalArgumentException(name + " of shape " + array.getShape() + " is not dense and contiguous");
        }
        return tensor;
    }

    /**
     * Checks the type of an array.
     *
     * @param array the array
     * @param name of the argument, for messages
     * @param expected the type
     * @return its tensor
     */
    long of(NDArray array, String name, int expected) {
        long tensor = of(array, name);
        if (type(tensor) != expected) {
            throw new IllegalArgumentException(
                    name + " is " + typeName(array) + ", expected " + (expected == INT64 ? "int64" : "float32"));
        }
        return tensor;
    }

    /** {@return the name of an array's type; DJL ends the process when it is asked for that of bfloat16} */
    String typeName(NDArray array) {
        return type(of(array, "array")) == BFLOAT16 ? "bfloat16" : array.getDataType().toString();
    }

    /**
     * Checks an array that is going to be written.
     *
     * @param array the array
     * @param name of the argument, for messages
     * @return its tensor
     */
    long writable(NDArray array, String name) {
        long tensor = dense(array, name, FLOAT32);
        try {
            if ((boolean) Call.BOOL_OF_1.invokeExact(inference, tensor)) {
                throw new IllegalArgumentException(name + " was made in inference mode and can not be changed");
            }
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
        return tensor;
    }

    /** Checks that two arrays are of the same shape and on the same device. */
    static void alike(NDArray array, String name, NDArray other, String otherName) {
        if (!array.getShape().equals(other.getShape())) {
            throw new IllegalArgumentException(name + " has shape " + array.getShape() + ", " + otherName + " has "
                    + other.getShape() + ", expected the same");
        }
        sameDevice(array, name, other, otherName);
    }

    /** Checks that two arrays are on the same device. */
    static void sameDevice(NDArray array, String name, NDArray other, String otherName) {
        if (!array.getDevice().equals(other.getDevice())) {
            throw new IllegalArgumentException(name + " is on " + array.getDevice() + ", " + otherName + " on "
                    + other.getDevice() + ", expected the same device");
        }
    }

    /**
     * Makes another handle of a tensor, which keeps it alive.
     *
     * @param tensor the tensor
     * @return the handle; given back with {@link #delete}
     */
    long share(long tensor) {
        long out = scratch().address();
        try {
            if ((int) Call.INT_OF_2.invokeExact(share, tensor, out) != 0) {
                throw new IllegalStateException("libtorch can not share a tensor");
            }
            return Call.MEMORY.get(JAVA_LONG, out);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Gives a handle back. */
    void delete(long tensor) {
        try {
            int _ = (int) Call.INT_OF_1.invokeExact(delete, tensor);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /**
     * Switches the recording of operations off on this thread: an in-place change of an array that is part of a graph
     * would throw.
     *
     * @return what it was, for {@link #endNoGrad}
     */
    boolean beginNoGrad() {
        try {
            boolean before = (boolean) Call.BOOL_OF_NONE.invokeExact(gradMode);
            if (before) {
                Call.VOID_OF_BOOL.invokeExact(setGradMode, false);
            }
            return before;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Restores what {@link #beginNoGrad} gave. */
    void endNoGrad(boolean before) {
        if (before) {
            try {
                Call.VOID_OF_BOOL.invokeExact(setGradMode, true);
            } catch (Throwable e) {
                throw Call.impossible(e);
            }
        }
    }
}
