// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hookline.safetensors.DType;
import org.hookline.safetensors.Tensor;

/** DJL's arrays as tensors of files, and back. */
public final class ArrayTensors {
    private ArrayTensors() {}

    /**
     * Gives an array as a tensor. Its values are fetched when the tensor is written, on the thread that writes: until
     * then the array must neither change nor be closed.
     *
     * @param name the tensor's name
     * @param array contiguous, of a type that the format knows
     * @return the tensor
     * @throws IllegalArgumentException if the format does not know the array's type
     */
    public static Tensor of(String name, NDArray array) {
        // On the CPU the bytes are read where they lie; from a GPU they are copied.
        boolean direct = !array.getDevice().isGpu();
        return Tensor.of(name, dtype(name, array.getDataType()), array.getShape().getShape(),
                () -> MemorySegment.ofBuffer(array.toByteBuffer(direct)));
    }

    /**
     * Makes an array with the values of a tensor, which are copied.
     *
     * @param manager owns the array
     * @param tensor the tensor, of less than 2 GiB
     * @return the array, on the manager's device
     * @throws IllegalArgumentException if DJL does not know the tensor's type, or it is too large
     */
    public static NDArray array(NDManager manager, Tensor tensor) {
        if (tensor.byteSize() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("tensor '" + tensor.name() + "' has " + tensor.byteSize()
                    + " bytes, expected less than 2 GiB in one tensor");
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) tensor.byteSize()).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(bytes).copyFrom(tensor.data());
        return manager.create(bytes, new Shape(tensor.shape()), type(tensor));
    }

    private static DType dtype(String name, DataType type) {
        return switch (type) {
            case FLOAT32 -> DType.F32;
            case FLOAT64 -> DType.F64;
            case FLOAT16 -> DType.F16;
            case BFLOAT16 -> DType.BF16;
            case UINT8 -> DType.U8;
            case INT8 -> DType.I8;
            case INT16 -> DType.I16;
            case UINT16 -> DType.U16;
            case INT32 -> DType.I32;
            case UINT32 -> DType.U32;
            case INT64 -> DType.I64;
            case UINT64 -> DType.U64;
            case BOOLEAN -> DType.BOOL;
            default -> throw new IllegalArgumentException(
                    "array '" + name + "' is " + type + ", which safetensors does not have");
        };
    }

    private static DataType type(Tensor tensor) {
        return switch (tensor.dtype()) {
            case F32 -> DataType.FLOAT32;
            case F64 -> DataType.FLOAT64;
            case F16 -> DataType.FLOAT16;
            case U8 -> DataType.UINT8;
            case I8 -> DataType.INT8;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case BOOL -> DataType.BOOLEAN;
            // bfloat16 among them: DJL ends the process when it touches one.
            default -> throw new IllegalArgumentException("tensor '" + tensor.name() + "' is " + tensor.dtype()
                    + ", expected F64, F32, F16, I64, I32, I8, U8 or BOOL");
        };
    }
}
