// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.Collections;

/**
 * The shapes of the native functions. A handle is a constant here and takes the function's address as its first
 * argument: the compiler sees through it, and the addresses can belong to an object.
 *
 * <p>Pointers are longs, so that no object is made for one. A list of tensors, {@code c10::ArrayRef}, is a struct of a
 * pointer and a length by value; here it is two longs. That is the same call on x86-64 and AArch64 as long as only such
 * pairs come before it: pairs fill the integer registers, six and eight, without a rest, and then lie on the stack as
 * they would in the struct.
 */
final class Call {
    /** All of memory: reading and writing at an address makes no object. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** An empty {@code std::optional<Tensor>}: a pointer and a flag. */
    static final long NO_TENSOR = Arena.global().allocate(16, 16).address();

    /** A returned {@code std::string}; larger than two registers on all platforms, so that it comes through memory. */
    static final StructLayout STRING = MemoryLayout.structLayout(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    /** BLAS' {@code sgemm_}: all 13 arguments are pointers. */
    static final FunctionDescriptor SGEMM = FunctionDescriptor.ofVoid(
            Collections.nCopies(13, JAVA_LONG).toArray(MemoryLayout[]::new));

    private static final Linker LINKER = Linker.nativeLinker();
    /** For functions that come back in nanoseconds: spares telling the garbage collector. */
    private static final Linker.Option SHORT = Linker.Option.critical(false);

    /** {@code int f(tensor, pointer to result)} that only looks. */
    static final MethodHandle LOOK = shortCall(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    /** {@code int f(a, b)}. */
    static final MethodHandle INT_OF_2 = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    /** {@code int f(a)}. */
    static final MethodHandle INT_OF_1 = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    /** {@code long f(a)}. */
    static final MethodHandle LONG_OF_1 = call(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    /** {@code long f()}. */
    static final MethodHandle LONG_OF_NONE = call(FunctionDescriptor.of(JAVA_LONG));
    /** {@code void f(a)}. */
    static final MethodHandle VOID_OF_1 = call(FunctionDescriptor.ofVoid(JAVA_LONG));
    /** {@code void f()}. */
    static final MethodHandle VOID_OF_NONE = call(FunctionDescriptor.ofVoid());
    /** {@code bool f(tensor)}. */
    static final MethodHandle BOOL_OF_1 = call(FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG));
    /** {@code bool f(bool)}. */
    static final MethodHandle BOOL_OF_BOOL = shortCall(FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_BOOLEAN));
    /** {@code bool f()}. */
    static final MethodHandle BOOL_OF_NONE = shortCall(FunctionDescriptor.of(JAVA_BOOLEAN));
    /** {@code void f(bool)}. */
    static final MethodHandle VOID_OF_BOOL = shortCall(FunctionDescriptor.ofVoid(JAVA_BOOLEAN));
    /** {@code DeviceStats f(this, DeviceIndex)}: 976 bytes, through memory. */
    static final MethodHandle DEVICE_STATS = call(FunctionDescriptor.of(
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(122, JAVA_LONG)), JAVA_LONG, JAVA_BYTE));
    /** {@code int8_t f()}. */
    static final MethodHandle BYTE_OF_NONE = call(FunctionDescriptor.of(JAVA_BYTE));
    /** {@code int f(int)}. */
    static final MethodHandle INT_OF_INT = call(FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    /** {@code a f(int)}. */
    static final MethodHandle LONG_OF_INT = call(FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
    /** {@code int f(int, a)}. */
    static final MethodHandle INT_OF_INT_1 = call(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    /** {@code int f(a, int)}. */
    static final MethodHandle INT_OF_1_INT = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
    /** {@code a f(b, int)}. */
    static final MethodHandle LONG_OF_1_INT = call(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT));
    /** {@code int f(a, int, b)}. */
    static final MethodHandle INT_OF_1_INT_1 = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
    /** {@code int f(a, b, int)}. */
    static final MethodHandle INT_OF_2_INT = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    /** {@code int f(to, from, bytes, int kind, stream)}. */
    static final MethodHandle COPY_ASYNC = call(
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    /** {@code void f(a, bool)}. */
    static final MethodHandle VOID_OF_1_BOOL = call(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_BOOLEAN));
    /** {@code void f(a, bool, bool)}. */
    static final MethodHandle VOID_OF_1_BOOL_2 = call(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_BOOLEAN, JAVA_BOOLEAN));
    /** {@code int f()}. */
    static final MethodHandle INT_OF_NONE = call(FunctionDescriptor.of(JAVA_INT));
    /** {@code int f()} that only looks. */
    static final MethodHandle LOOK_OF_NONE = shortCall(FunctionDescriptor.of(JAVA_INT));
    /** {@code void GOMP_parallel(function, data, unsigned threads, unsigned flags)}. */
    static final MethodHandle PARALLEL = call(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
    /** {@code void f(int)}. */
    static final MethodHandle VOID_OF_INT = call(FunctionDescriptor.ofVoid(JAVA_INT));
    /** {@code int f(int, int)}. */
    static final MethodHandle INT_OF_2_INTS = call(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    /** {@code bool f(DeviceType)}. */
    static final MethodHandle BOOL_OF_BYTE = shortCall(FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_BYTE));
    /** {@code ScalarType f(DeviceType)}. */
    static final MethodHandle BYTE_OF_BYTE = shortCall(FunctionDescriptor.of(JAVA_BYTE, JAVA_BYTE));
    /** {@code void f(DeviceType, bool)}. */
    static final MethodHandle VOID_OF_BYTE_BOOL = shortCall(FunctionDescriptor.ofVoid(JAVA_BYTE, JAVA_BOOLEAN));
    /** {@code void f(DeviceType, ScalarType)}. */
    static final MethodHandle VOID_OF_BYTE_BYTE = shortCall(FunctionDescriptor.ofVoid(JAVA_BYTE, JAVA_BYTE));
    /** {@code memcpy}. */
    static final MethodHandle COPY = shortCall(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code memset}. */
    static final MethodHandle FILL = shortCall(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    /** {@code std::string f()}. */
    static final MethodHandle STRING_OF_NONE = call(FunctionDescriptor.of(STRING));
    /** {@code int f(const char* name, const char* overload, uint64_t* stack)}. */
    static final MethodHandle DISPATCH = call(FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code int f(tensor, dimensions, sizes, strides, offset, pointer to result)}. */
    static final MethodHandle VIEW = call(
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** {@code void f(list to, list from, bool nonBlocking)}. */
    static final MethodHandle COPY_LIST = call(
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_BOOLEAN));
    /** {@code void f(list, tensor, tensor)}. */
    static final MethodHandle LIST_2 = call(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    /** Six lists, five numbers, two flags, two optional tensors. */
    static final MethodHandle ADAM = call(FunctionDescriptor.ofVoid(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE,
            JAVA_BOOLEAN, JAVA_BOOLEAN, JAVA_LONG, JAVA_LONG));
    /** Three lists, four numbers, three flags, two optional tensors. */
    static final MethodHandle SGD = call(FunctionDescriptor.ofVoid(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE,
            JAVA_BOOLEAN, JAVA_BOOLEAN, JAVA_BOOLEAN, JAVA_LONG, JAVA_LONG));

    private Call() {}

    private static MethodHandle call(FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(descriptor);
    }

    private static MethodHandle shortCall(FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(descriptor, SHORT);
    }

    /** {@return a function of the C library, there on every platform} */
    static MemorySegment libc(String name) {
        return LINKER.defaultLookup().find(name).orElseThrow();
    }

    /** Nothing that is called throws; a Throwable here is an error of the virtual machine or a wrong descriptor. */
    static AssertionError impossible(Throwable thrown) {
        return new AssertionError("a native call failed", thrown);
    }

}
