// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@link Winograd} as an operation of libtorch that has a gradient. libtorch declares one for convolutions that others
 * compute, {@code aten::convolution_overrideable}, with its own entry in the graph and no implementation; here it gets
 * one, for CPUs. No other convolution is affected: only this class calls it.
 */
final class Convolution {
    /** The version whose {@code c10::KernelFunction} is known: two pointers of the boxed kernel, two of the unboxed. */
    static final String VERSION = "2.7.";

    private static final int KERNEL = 3;

    /**
     * Null until the first convolution. libtorch keeps the kernels of the object that made it for as long as it is
     * loaded: one that comes later, after the component was stopped and started, convolves with those.
     */
    private static volatile Winograd winograd;

    /** Made when first used: a start without such a convolution does not wait for it. */
    private static final class Native {
        /** {@code std::optional<c10::impl::CppSignature>}. */
        static final StructLayout NO_SIGNATURE = MemoryLayout.structLayout(JAVA_LONG, JAVA_LONG);
        /**
         * {@code Dispatcher::registerImpl}: what it gives, itself, name, key, kernel, signature, schema, description.
         */
        static final MethodHandle REGISTER = Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, NO_SIGNATURE, JAVA_LONG, JAVA_LONG));
        static final MethodHandle SHORT_OF_1 = Linker.nativeLinker().downcallHandle(
                FunctionDescriptor.of(JAVA_SHORT, JAVA_LONG));
        static final MethodHandle MALLOC = Linker.nativeLinker().downcallHandle(Call.libc("malloc"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
        static final MethodHandle FREE = Linker.nativeLinker().downcallHandle(Call.libc("free"),
                FunctionDescriptor.ofVoid(JAVA_LONG));
        /** {@code aoti_torch_empty_strided(dimensions, sizes, strides, type, device, index, result)}. */
        static final MethodHandle EMPTY = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        /** The operation: result, images, weights, bias, stride, padding, dilation, transposed, padding, groups. */
        static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        /** A kernel: where the result goes, functor, keys, images, weights; what follows lies on the stack. */
        static final FunctionDescriptor FORWARD = FunctionDescriptor.of(JAVA_LONG,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        /** The same: gradient, images, weights, then what {@link #CALL} has, and which gradients are wanted. */
        static final FunctionDescriptor BACKWARD = FunctionDescriptor.of(JAVA_LONG,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                JAVA_LONG, JAVA_LONG);

        /** Two ones and two zeros: stride, padding and dilation, the first also groups; padding of results. */
        static final MemorySegment NUMBERS = Arena.global().allocateFrom(JAVA_LONG, 1, 1, 0, 0);
    }

    private final Tensors tensors;
    private final Autocast.Functions autocast;
    private final Supplier<Optional<MemorySegment>> products;
    private final Optional<Team> team;
    private final MemorySegment dispatcher;
    private final MemorySegment register;
    private final MemorySegment parseKey;
    private final MemorySegment notSupported;
    private final MemorySegment undefined;
    private final MemorySegment empty;
    private final MemorySegment copy;
    private final MemorySegment sizes;
    private final MemorySegment operation;
    private final boolean possible;

    /**
     * Looks everything up.
     *
     * @param symbols of libtorch
     * @param version libtorch's
     * @param tensors looks at tensors
     * @param autocast tells whether half precision is wanted
     * @param products {@code sgemm_} for small matrices, where there is one now
     * @param team libtorch's threads, where they can be used
     */
    Convolution(Symbols symbols, String version, Tensors tensors, Autocast.Functions autocast,
            Supplier<Optional<MemorySegment>> products, Optional<Team> team) {
        this.tensors = tensors;
        this.autocast = autocast;
        this.products = products;
        this.team = team;
        dispatcher = symbols.find("_ZN3c1010Dispatcher13realSingletonEv");
        // The names hold the types of the arguments.
        register = symbols.find("_ZN3c1010Dispatcher12registerImplENS_12OperatorNameESt8optionalINS_11DispatchKeyEE"
                + "NS_14KernelFunctionES2_INS_4impl12CppSignatureEESt10unique_ptrINS_14FunctionSchemaE"
                + "St14default_deleteISA_EENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
        parseKey = symbols.find(
                "_ZN3c1016parseDispatchKeyERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
        notSupported = symbols.find("_ZN3c1026named_not_supported_kernelEPNS_14OperatorKernelERKNS_14OperatorHandleE"
                + "NS_14DispatchKeySetEPSt6vectorINS_6IValueESaIS7_EE");
        undefined = symbols.find("_ZN3c1019UndefinedTensorImpl10_singletonE");
        empty = symbols.find("aoti_torch_empty_strided");
        copy = symbols.find("aoti_torch_tensor_copy_");
        sizes = symbols.find("aoti_torch_get_sizes");
        operation = symbols.find("_ZN2at4_ops24convolution_overrideable4callERKNS_6TensorES4_RKSt8optionalIS2_E"
                + "N3c108ArrayRefINS9_6SymIntEEESC_SC_bSC_SB_");
        possible = version.startsWith(VERSION) && dispatcher != null && register != null && parseKey != null
                && notSupported != null && undefined != null && empty != null && copy != null && sizes != null
                && operation != null;
    }

    /**
     * Convolves with 3x3, stride 1 and padding 1, without a bias.
     *
     * @param images shape (batch, in, height, width)
     * @param weights shape (out, in, 3, 3), channels last too
     * @return shape (batch, out, height, width), channels last; null where this is not the way to compute it
     */
    NDArray of(NDArray images, NDArray weights) {
        if (!possible || images.getDevice().isGpu() || !(images instanceof PtNDArray)) {
            return null;
        }
        long x = Tensors.of(images, "images");
        long w = Tensors.of(weights, "weights");
        Shape from = images.getShape();
        Shape shape = weights.getShape();
        if (from.dimension() != 4 || shape.dimension() != 4 || shape.get(2) != KERNEL || shape.get(3) != KERNEL
                || from.get(1) != shape.get(1) || !isFaster(from, shape.get(0))
                || tensors.type(x) != Tensors.FLOAT32 || tensors.type(w) != Tensors.FLOAT32
                || !tensors.channelsLast(x, from) || !tensors.channelsLast(w, shape) || autocast.enabled(false)) {
            return null;
        }
        Optional<MemorySegment> product = products.get();
        if (product.isEmpty()) {
            return null;
        }
        prepare(product.get());
        winograd.reserve(from.get(1), shape.get(0));
        try {
            long result = (long) Native.MALLOC.invokeExact(8L);
            long ones = Native.NUMBERS.address();
            long zeros = ones + 16;
            long _ = (long) Native.CALL.invokeExact(operation, result, x, w, Call.NO_TENSOR, ones, 2L, ones, 2L, ones,
                    2L, 0L, zeros, 2L, ones);
            return new PtNDArray((PtNDManager) images.getManager(), result);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Measured with 64 to 512 channels; with more the transformed weights take much memory, at 1024 100 MiB. */
    private static boolean isFaster(Shape images, long out) {
        long in = images.get(1);
        return images.get(0) > 0 && in >= 64 && out >= 64 && in <= 1024 && out <= 1024 && in % 16 == 0 && out % 16 == 0
                && images.get(2) >= 2 && images.get(3) >= 2 && images.size() < 1L << 31
                && images.size() / in * out < 1L << 31;
    }

    private void prepare(MemorySegment product) {
        synchronized (Convolution.class) {
            if (winograd == null) {
                Winograd made = new Winograd(product, team);
                register("aten::convolution_overrideable", "forward", Native.FORWARD);
                register("aten::convolution_backward_overrideable", "backward", Native.BACKWARD);
                winograd = made;
            }
        }
    }

    private void register(String name, String method, FunctionDescriptor descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment kernel = Linker.nativeLinker().upcallStub(
                    MethodHandles.lookup().bind(this, method, descriptor.toMethodType()), descriptor, Arena.global());
            MemorySegment key = arena.allocate(32, 8);
            string(key, "CPU");
            // OperatorName: the name, and no overload. What is moved from here is never freed.
            MemorySegment operator = Arena.global().allocate(64, 8);
            string(operator, name);
            string(operator.asSlice(32), "");
            // KernelFunction: no functor; by stack not supported; as a function, with SymInt and without.
            MemorySegment function = Arena.global().allocateFrom(JAVA_LONG, 0, notSupported.address(), kernel.address(),
                    kernel.address());
            MemorySegment debug = Arena.global().allocate(32, 8);
            string(debug, "hookline");
            // std::optional<DispatchKey>: 16 bits and a flag.
            int cpu = Short.toUnsignedInt((short) Native.SHORT_OF_1.invokeExact(parseKey, key.address())) | 1 << 16;
            // Kept for ever, as what is called.
            long handle = Arena.global().allocate(64, 8).address();
            MemorySegment noSchema = Arena.global().allocate(8, 8);
            long self = (long) Call.LONG_OF_NONE.invokeExact(dispatcher);
            Native.REGISTER.invokeExact(register, handle, self, operator.address(), cpu, function.address(),
                    arena.allocate(Native.NO_SIGNATURE), noSchema.address(), debug.address());
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@code std::string} of libstdc++: pointer, length, and 16 bytes for a short one. */
    private static void string(MemorySegment to, String text) throws Throwable {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        long characters = bytes.length < 16 ? to.address() + 16
                : (long) Native.MALLOC.invokeExact((long) bytes.length + 1);
        MemorySegment.copy(bytes, 0, Call.MEMORY, ValueLayout.JAVA_BYTE, characters, bytes.length);
        Call.MEMORY.set(ValueLayout.JAVA_BYTE, characters + bytes.length, (byte) 0);
        to.set(JAVA_LONG, 0, characters);
        to.set(JAVA_LONG, 8, bytes.length);
        if (bytes.length >= 16) {
            to.set(JAVA_LONG, 16, bytes.length);
        }
    }

    /** Called by libtorch. Nothing may be thrown here: it would end the process. */
    private long forward(long result, long functor, long keys, long images, long weights) {
        try {
            Winograd.Sizes of = sizes(images, weights);
            long made = channelsLast(of.batch(), of.out(), of.height(), of.width());
            winograd.forward(of, tensors.data(images), tensors.data(weights), tensors.data(made));
            give(made, result);
            return result;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Called by libtorch, as {@link #forward}. */
    private long backward(long result, long functor, long keys, long gradients, long images, long weights, long stride,
            long strides, long padding, long paddings, long dilation, long dilations, long transposed, long more,
            long mores, long groups, long wanted) {
        try {
            Winograd.Sizes of = sizes(images, weights);
            Shape shape = new Shape(of.batch(), of.out(), of.height(), of.width());
            long copied = 0;
            long from = gradients;
            if (!tensors.channelsLast(gradients, shape)) {
                copied = channelsLast(of.batch(), of.out(), of.height(), of.width());
                check((int) Call.INT_OF_2.invokeExact(copy, gradients, copied));
                from = copied;
            }
            // std::tuple of libstdc++ lies in memory from its last element.
            Call.MEMORY.set(JAVA_LONG, result, undefined.address());
            Call.MEMORY.set(JAVA_LONG, result + 8, undefined.address());
            Call.MEMORY.set(JAVA_LONG, result + 16, undefined.address());
            if ((wanted & 0xff) != 0) {
                long made = channelsLast(of.batch(), of.in(), of.height(), of.width());
                winograd.backwardImages(of, tensors.data(from), tensors.data(weights), tensors.data(made));
                give(made, result + 16);
            }
            if ((wanted >> 8 & 0xff) != 0) {
                long made = channelsLast(of.out(), of.in(), KERNEL, KERNEL);
                winograd.backwardWeights(of, tensors.data(images), tensors.data(from), tensors.data(made));
                give(made, result + 8);
            }
            if (copied != 0) {
                tensors.delete(copied);
            }
            return result;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private Winograd.Sizes sizes(long images, long weights) throws Throwable {
        long out = Tensors.scratch().address();
        check((int) Call.LOOK.invokeExact(sizes, images, out));
        long of = Call.MEMORY.get(JAVA_LONG, out);
        check((int) Call.LOOK.invokeExact(sizes, weights, out));
        long ofWeights = Call.MEMORY.get(JAVA_LONG, out);
        return new Winograd.Sizes(size(of, 0), size(of, 2), size(of, 3), size(of, 1), size(ofWeights, 0));
    }

    private static int size(long sizes, int dimension) {
        return (int) Call.MEMORY.get(JAVA_LONG, sizes + 8L * dimension);
    }

    /** {@return a handle of a new tensor of float32} */
    private long channelsLast(long batch, long channels, long height, long width) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment shape = arena.allocateFrom(JAVA_LONG, batch, channels, height, width);
            MemorySegment strides = arena.allocateFrom(JAVA_LONG, height * width * channels, 1, width * channels,
                    channels);
            MemorySegment result = arena.allocate(8, 8);
            check((int) Native.EMPTY.invokeExact(empty, 4L, shape.address(), strides.address(), Tensors.FLOAT32, 0, 0,
                    result.address()));
            return result.get(JAVA_LONG, 0);
        }
    }

    /** Moves what a handle holds, and frees the handle. */
    private static void give(long handle, long to) throws Throwable {
        Call.MEMORY.set(JAVA_LONG, to, Call.MEMORY.get(JAVA_LONG, handle));
        Native.FREE.invokeExact(handle);
    }

    private static void check(int code) {
        if (code != 0) {
            throw Dispatcher.failure("a convolution failed");
        }
    }
}
