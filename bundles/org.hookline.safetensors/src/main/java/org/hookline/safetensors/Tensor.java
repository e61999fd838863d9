// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A named tensor: row-major values, little-endian, without gaps. Immutable as far as its memory is; for any thread that
 * may use that memory.
 */
public final class Tensor {
    private static final ValueLayout.OfShort LE_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble LE_DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final DType dtype;
    private final long[] shape;
    private final long byteSize;
    private final Supplier<MemorySegment> data;

    private Tensor(String name, DType dtype, long[] shape, Supplier<MemorySegment> data) {
        this.name = name;
        this.dtype = dtype;
        this.shape = shape.clone();
        for (long n : shape) {
            if (n < 0) {
                throw new IllegalArgumentException("tensor '" + name + "' has shape " + Arrays.toString(shape)
                        + ", expected no negative dimension");
            }
        }
        try {
            byteSize = dtype.byteSize(shape);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("tensor '" + name + "' of " + dtype + " has shape "
                    + Arrays.toString(shape) + ": " + e.getMessage(), e);
        }
        this.data = data;
    }

    /**
     * Makes a tensor over memory, which is not copied.
     *
     * @param name its name
     * @param dtype the type of its values
     * @param shape its dimensions, outermost first; empty for a scalar
     * @param data its values: row-major, little-endian
     * @return the tensor
     * @throws IllegalArgumentException if the shape and the size of the data do not agree
     */
    public static Tensor of(String name, DType dtype, long[] shape, MemorySegment data) {
        Tensor tensor = new Tensor(name, dtype, shape, () -> data);
        tensor.check(data);
        return tensor;
    }

    /**
     * Makes a tensor over a buffer from its position to its limit, which is not copied.
     *
     * @param name its name
     * @param dtype the type of its values
     * @param shape its dimensions, outermost first; empty for a scalar
     * @param data its values: row-major, little-endian; the buffer's own order does not matter
     * @return the tensor
     * @throws IllegalArgumentException if the shape and the size of the data do not agree
     */
    public static Tensor of(String name, DType dtype, long[] shape, ByteBuffer data) {
        return of(name, dtype, shape, MemorySegment.ofBuffer(data));
    }

    /**
     * Makes a tensor whose values are fetched when they are wanted, so that a large model can be written without a copy
     * of all of it.
     *
     * @param name its name
     * @param dtype the type of its values
     * @param shape its dimensions, outermost first; empty for a scalar
     * @param data gives the values: row-major, little-endian; called for each {@link #data()}, once by a writer
     * @return the tensor
     */
    public static Tensor of(String name, DType dtype, long[] shape, Supplier<MemorySegment> data) {
        return new Tensor(name, dtype, shape, data);
    }

    /**
     * Makes a tensor of single-precision values, which are copied.
     *
     * @param name its name
     * @param shape its dimensions, outermost first; empty for a scalar
     * @param values row-major
     * @return the tensor
     * @throws IllegalArgumentException if the shape and the number of values do not agree
     */
    public static Tensor ofFloats(String name, long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return of(name, DType.F32, shape, bytes);
    }

    private void check(MemorySegment segment) {
        if (segment.byteSize() != byteSize) {
            throw new IllegalArgumentException("tensor '" + name + "' has " + segment.byteSize() + " bytes, expected "
                    + byteSize + " for " + dtype + " of shape " + Arrays.toString(shape));
        }
    }

    /** {@return its name} */
    public String name() {
        return name;
    }

    /** {@return the type of its values} */
    public DType dtype() {
        return dtype;
    }

    /** {@return its dimensions, outermost first; empty for a scalar} */
    public long[] shape() {
        return shape.clone();
    }

    /** {@return its size in bytes} */
    public long byteSize() {
        return byteSize;
    }

    /** {@return the number of its values} */
    public long elements() {
        return byteSize * 8 / dtype.bits();
    }

    /**
     * {@return its values, little-endian; of a tensor that was read, mapped and read-only until the reader is closed}
     */
    public MemorySegment data() {
        MemorySegment segment = data.get();
        check(segment);
        return segment;
    }

    /**
     * Gives the values as single precision; half precision and bfloat16 become wider, double precision is rounded.
     *
     * @return the values, row-major
     * @throws IllegalStateException if the values are no floats of 16 to 64 bits, or too many for one array
     */
    public float[] toFloats() {
        long n = elements();
        if (n > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("tensor '" + name + "' has " + n + " values, too many for an array");
        }
        MemorySegment from = data();
        float[] values = new float[(int) n];
        switch (dtype) {
            case F32 -> MemorySegment.copy(from, LE_FLOAT, 0, values, 0, values.length);
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(from.get(LE_SHORT, 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(from.get(LE_SHORT, 2L * i) << 16);
                }
            }
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) from.get(LE_DOUBLE, 8L * i);
                }
            }
            default -> throw new IllegalStateException(
                    "tensor '" + name + "' is " + dtype + ", expected F32, F16, BF16 or F64");
        }
        return values;
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
