// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Native operations of libtorch that DJL does not offer, called through {@code java.lang.foreign}. Every symbol is
 * looked up when the service starts; what is missing is reported by {@link #missing} and must not be called.
 *
 * <p>A C++ exception through such a call would end the process, so every method checks its arguments first and throws
 * {@link IllegalArgumentException} instead. Platform threads only. Arrays are DJL PyTorch arrays, dense, contiguous,
 * and of equal size, type and device where several are given.
 */
@ProviderType
public interface Torch {
    /** A group of symbols. */
    enum Feature {
        /** {@link Torch#adamW}. */
        FUSED_ADAMW,
        /** {@link Torch#adam}. */
        FUSED_ADAM,
        /** {@link Torch#sgd}. */
        FUSED_SGD,
        /** {@link Torch#gradientSlots}. */
        GRADIENT_SLOTS,
        /** {@link Torch#read}. */
        HOST_SCALARS,
        /** {@link Torch#unscale}. */
        UNSCALE,
        /** {@link Torch#setAutocast}. */
        AUTOCAST,
        /** {@link Torch#setAnomalyMode}. */
        ANOMALY_MODE,
        /** {@link Torch#captureWarnings}. */
        WARNINGS,
        /** {@link Torch#setFlushDenormal}. */
        FLUSH_DENORMAL,
        /** {@link Torch#setThreads}. */
        THREADS,
        /** {@link Torch#crossEntropy}. */
        CROSS_ENTROPY,
        /** The faster way of {@link Torch#maxPool2d}, which works without it. */
        MAX_POOL,
        /** {@link Torch#attention}. */
        ATTENTION,
        /** {@link Torch#set}. */
        SWITCHES,
        /** {@link Torch#useBlas} with {@link Blas#OPENBLAS} or {@link Blas#MIXED}; only Linux on x86-64 has it. */
        OPENBLAS,
        /** {@link Torch#channelsLast}. */
        CHANNELS_LAST,
        /** {@link Torch#gpus}; only a libtorch for CUDA has it. */
        GPU_COUNT,
        /** {@link Torch#copyStream}; only a libtorch for CUDA has it. */
        COPY_STREAM,
        /** {@link Torch#allocatorMemory}; only a libtorch for CUDA has it. */
        ALLOCATOR_MEMORY;

        /** {@return whether only a libtorch for CUDA has it} */
        public boolean isForGpus() {
            return this == GPU_COUNT || this == COPY_STREAM || this == ALLOCATOR_MEMORY;
        }
    }

    /** Switches of the whole process; a libtorch for CPUs has them too, without an effect on a CPU but for the last. */
    enum Switch {
        /** Matrix products of float32 may be computed in TF32: ten bits of mantissa, on the tensor cores of a GPU. */
        TF32_MATMUL,
        /** The same for convolutions and recurrent layers of cuDNN. */
        TF32_CUDNN,
        /** cuDNN tries its algorithms on each new shape and takes the fastest. */
        CUDNN_BENCHMARK,
        /** Only deterministic algorithms; an operation that has none throws. */
        DETERMINISTIC,
        /** Convolutions and the like on a CPU by oneDNN. */
        ONEDNN
    }

    /** Whose matrix products of float32 are used on a CPU; everything else of BLAS is libtorch's in any case. */
    enum Blas {
        /** What is built into libtorch: Intel's MKL on x86-64. */
        LIBTORCH,
        /** OpenBLAS, each product shared out among the threads of {@link Torch#setThreads}. */
        OPENBLAS,
        /** As {@link #LIBTORCH}, but OpenBLAS within {@link Torch#convolution3x3}; loaded when first used there. */
        MIXED
    }

    /** {@return the version of libtorch in words, for example {@code 2.7.1}} */
    String version();

    /**
     * Tells whether a group of operations can be called.
     *
     * @param feature the group
     * @return true where all its symbols were found
     */
    boolean has(Feature feature);

    /**
     * Tells what is missing for a group of operations.
     *
     * @param feature the group
     * @return the symbols or the library that was not found; empty where {@link #has} is true
     */
    Optional<String> missing(Feature feature);

    /**
     * One AdamW step (Loshchilov and Hutter, 2019; {@code torch.optim.AdamW}) in place, in one native call.
     *
     * @param parameter updated
     * @param gradient read
     * @param mean first moment, updated
     * @param variance second moment, updated
     * @param step float32 scalar on the same device; the number of this step, from 1, set by the caller
     * @param learningRate at least 0
     * @param beta1 in [0, 1)
     * @param beta2 in [0, 1)
     * @param eps above 0
     * @param weightDecay at least 0
     */
    void adamW(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay);

    /**
     * One Adam step (Kingma and Ba, 2015; {@code torch.optim.Adam}, weight decay as L2 penalty) in place, in one native
     * call.
     *
     * @param parameter updated
     * @param gradient read
     * @param mean first moment, updated
     * @param variance second moment, updated
     * @param step float32 scalar on the same device; the number of this step, from 1, set by the caller
     * @param learningRate at least 0
     * @param beta1 in [0, 1)
     * @param beta2 in [0, 1)
     * @param eps above 0
     * @param weightDecay at least 0
     */
    void adam(NDArray parameter, NDArray gradient, NDArray mean, NDArray variance, NDArray step,
            double learningRate, double beta1, double beta2, double eps, double weightDecay);

    /**
     * One SGD step ({@code torch.optim.SGD}) in place, in one native call.
     *
     * @param parameter updated
     * @param gradient read
     * @param momentumBuffer updated; null where momentum is 0
     * @param learningRate at least 0
     * @param momentum in [0, 1)
     * @param dampening of the momentum
     * @param weightDecay at least 0
     * @param nesterov whether Nesterov's form is used
     * @param first whether this is the first step, which fills the buffer with the gradient
     */
    void sgd(NDArray parameter, NDArray gradient, NDArray momentumBuffer, double learningRate, double momentum,
            double dampening, double weightDecay, boolean nesterov, boolean first);

    /**
     * Prepares the gradients of leaves to be gathered and forgotten without a Java object for each.
     *
     * @param leaves arrays that require gradients, in order
     * @param flat the array into which their gradients are gathered; as many elements as the leaves together
     * @return the prepared access; closed by the caller before the arrays
     */
    GradientSlots gradientSlots(List<NDArray> leaves, NDArray flat);

    /** Direct access to the gradients of leaves. */
    interface GradientSlots extends AutoCloseable {
        /** Copies all gradients into the flat array, one native call; an undefined gradient counts as zeros. */
        void gather();

        /** Makes all gradients undefined, so that the next backward pass keeps its results without adding. */
        void clear();

        /**
         * Computes the L2 norm of all gradients on the calling thread.
         *
         * @param gathered true for what lies in the flat array, false for what the leaves have; of the same numbers
         *     the norm is the same to the bit
         * @return rounded to float32; empty on a GPU, where it would have to wait, and for so many gradients that
         *     several threads of libtorch are quicker
         */
        OptionalDouble norm(boolean gathered);

        /**
         * Prepares optimizer steps of all leaves at once, for which only the small gradients are gathered.
         *
         * @param parameter what is updated: the flat array of the leaves' values
         * @param state of the optimizer, laid out as the flat array: mean and variance, or the buffer of a momentum
         * @param step float32 scalar; the number of the step, set by the caller; null for SGD
         * @return the steps, closed by the caller before the slots; empty where nothing is gained, as on a GPU
         */
        Optional<LeafSteps> steps(NDArray parameter, List<NDArray> state, NDArray step);

        @Override
        void close();
    }

    /**
     * Optimizer steps that read large gradients where backward left them. To the bit they give what a step of the whole
     * flat array gives; afterwards that array holds some gradients and not others.
     */
    interface LeafSteps extends AutoCloseable {
        /**
         * One step of {@link Torch#adamW} or {@link Torch#adam}.
         *
         * @param decoupled whether AdamW's
         * @param learningRate at least 0
         * @param beta1 in [0, 1)
         * @param beta2 in [0, 1)
         * @param eps above 0
         * @param weightDecay at least 0
         * @return false, and nothing is done, where a large leaf has no gradient: they are to be gathered
         */
        boolean adam(boolean decoupled, double learningRate, double beta1, double beta2, double eps,
                double weightDecay);

        /**
         * One step of {@link Torch#sgd}.
         *
         * @param learningRate at least 0
         * @param momentum in [0, 1)
         * @param dampening of the momentum
         * @param weightDecay at least 0
         * @param nesterov whether Nesterov's form is used
         * @param first whether this is the first step, which fills the buffer with the gradient
         * @return false, and nothing is done, where a large leaf has no gradient: they are to be gathered
         */
        boolean sgd(double learningRate, double momentum, double dampening, double weightDecay, boolean nesterov,
                boolean first);

        @Override
        void close();
    }

    /**
     * Reads scalars that lie in the host's memory, without a copy of libtorch's in between.
     *
     * @param scalars arrays of one element
     * @param values filled, as many as there are scalars
     * @return false where one is on a GPU, or neither float32 nor float64; the values mean nothing then
     */
    boolean read(List<NDArray> scalars, double[] values);

    /**
     * Multiplies gradients by the inverse of a loss scale in place and looks for infinite values and NaN on the way, in
     * one native call without waiting for the device ({@code torch.amp.GradScaler.unscale_}).
     *
     * @param gradient float32, updated
     * @param inverseScale float32 scalar on the same device
     * @param found float32 scalar on the same device; becomes 1 where a gradient is not finite, otherwise is left as it
     *     is
     */
    void unscale(NDArray gradient, NDArray inverseScale, NDArray found);

    /** Types that autocast can compute in. */
    enum AutocastType {
        /** IEEE half. */
        FLOAT16,
        /** Half the bits of float32, the same range. */
        BFLOAT16
    }

    /**
     * Switches autocast of the current thread on.
     *
     * @param type the type to compute in
     * @param gpu whether for the GPU; otherwise for the CPU
     * @return the scope; closing it restores what was and empties the cache of casts
     */
    AutocastScope setAutocast(AutocastType type, boolean gpu);

    /** A stretch of code under autocast, on one thread. */
    interface AutocastScope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Switches autograd's anomaly mode, for the whole process: a backward pass that makes NaN throws, with the name of
     * the function, and warns with the stack of the forward pass ({@link #captureWarnings}).
     *
     * @param enabled whether
     * @return what it was
     */
    boolean setAnomalyMode(boolean enabled);

    /**
     * Takes the warnings that libtorch gives on the current thread, instead of having them printed to standard error.
     *
     * @param receiver is called on this thread, inside the operation that warns; must return quickly
     * @return the scope; closing it, on the same thread and the innermost first, restores what was
     */
    WarningScope captureWarnings(Consumer<String> receiver);

    /** A stretch of code whose warnings are taken, on one thread. */
    interface WarningScope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has the C library keep what is freed for what is allocated next. By itself glibc gives memory at the end of a
     * heap back with each large array that is freed, and takes it again page by page with the next one, in each
     * iteration anew. It belongs to the process and has no way back; the environment variables {@code MALLOC_...} and
     * {@code GLIBC_TUNABLES} come first, so that a user decides.
     *
     * @return false where an environment variable has decided, or where the C library is not glibc
     */
    boolean keepFreedMemory();

    /**
     * Gives what is free back to the system, of all heaps: at the end of a run. Does nothing where the C library is not
     * glibc.
     */
    void returnFreedMemory();

    /**
     * Has denormal numbers taken as zero on the CPU, on the calling thread and the threads it starts; what Java itself
     * computes there is no exception.
     *
     * @param enabled whether
     * @return false where this processor cannot
     */
    boolean setFlushDenormal(boolean enabled);

    /**
     * Sets the number of threads of one native operation.
     *
     * @param threads at least 1
     */
    void setThreads(int threads);

    /** {@return the number of threads of one native operation} */
    int threads();

    /**
     * Chooses whose matrix products are used, in the whole process. Results differ in the last bits.
     *
     * @param which whose
     * @return what it was
     */
    Blas useBlas(Blas which);

    /** {@return whose matrix products are used} */
    Blas blas();

    /**
     * Tells whose matrix products are the faster on this processor. With AVX-512 and up to eight threads: OpenBLAS's
     * where MKL has no kernels for that width, which is where it is not Intel's, and both on Intel's. In all other
     * cases libtorch's. Compared were one and two threads.
     *
     * @param threads of one native operation, at least 1
     * @return whose; the same in each process on such a machine
     */
    Blas fasterBlas(int threads);

    /**
     * Convolution of 3x3 with stride 1 and padding 1, without a bias, differentiable ({@code
     * torch.nn.functional.conv2d}). Where OpenBLAS may be used for it and its kernels are those for AVX-512, float32
     * images in the format channels last with 64 to 1,024 channels, multiples of 16 as those of the result, are
     * convolved by Winograd's minimal filtering. With one thread that took two thirds to three quarters of the time of
     * libtorch's own on a processor of AMD; on one of Intel the gain was smaller. Libtorch's own is used in all other
     * cases. Both are as exact; they are not the same to the last bit.
     *
     * @param images shape (batch, in, height, width)
     * @param weights shape (out, in, 3, 3), in the same format
     * @return shape (batch, out, height, width), owned by the images' manager
     */
    NDArray convolution3x3(NDArray images, NDArray weights);

    /**
     * Maximum pooling, differentiable ({@code torch.nn.functional.max_pool2d} without dilation and ceil mode, to the
     * bit). On a CPU with few threads it takes about a fifth of the time of libtorch's own, which is used in all other
     * cases.
     *
     * @param images shape (batch, channels, height, width)
     * @param window height and width, in pixels
     * @param stride along both axes, in pixels
     * @param padding on both sides of each axis, in pixels; at most half the window
     * @return the maxima, owned by the images' manager
     */
    NDArray maxPool2d(NDArray images, Shape window, Shape stride, Shape padding);

    /**
     * Mean cross entropy of class indexes, differentiable ({@code torch.nn.functional.cross_entropy}).
     *
     * @param predictions float32, shape (batch, classes): logits
     * @param labels int64, shape (batch)
     * @param labelSmoothing in [0, 1)
     * @return the scalar loss, owned by the predictions' manager
     */
    NDArray crossEntropy(NDArray predictions, NDArray labels, double labelSmoothing);

    /**
     * Attention by scaled dot products (Vaswani et al., 2017, formula 1; {@code
     * torch.nn.functional.scaled_dot_product_attention} without a mask), differentiable: softmax(QK'/sqrt(E)) V for
     * each head. Not deterministic on a GPU in float32. On a CPU under autocast few keys are computed by plain
     * operations, which are the faster there.
     *
     * @param queries shape (batch, heads, T, E); float32, float16 or bfloat16; views of any strides
     * @param keys shape (batch, heads, F, E), of the same type
     * @param values of the same shape and type as the keys
     * @param dropout part of the weights to leave out, in [0, 1); by libtorch's random numbers
     * @param causal whether query i attends to the keys up to i only
     * @return shape (batch, heads, T, E), owned by the queries' manager
     */
    NDArray attention(NDArray queries, NDArray keys, NDArray values, double dropout, boolean causal);

    /**
     * Sets a switch of the whole process.
     *
     * @param which the switch
     * @param on whether
     * @return what it was
     */
    boolean set(Switch which, boolean on);

    /**
     * Tells how a switch of the whole process stands.
     *
     * @param which the switch
     * @return whether it is on
     */
    boolean isOn(Switch which);

    /**
     * Gives an array in the memory format channels last: in memory the channels of a pixel lie side by side, shape and
     * values are the same.
     *
     * @param images of shape (batch, channels, height, width), float32
     * @return a new array of the images' manager; shares their memory if they are in this format already
     */
    NDArray channelsLast(NDArray images);

    /** {@return how many GPUs libtorch can use; does not throw where there is no driver} */
    int gpus();

    /**
     * Opens a stream of copies to a GPU, beside the one that computes: page-locked memory of the host, from which the
     * GPU fetches by itself, and marks in the order of the work.
     *
     * @param gpu the device
     * @return the stream; closed by the caller
     * @throws IllegalStateException if CUDA refuses; the message has its words
     */
    CopyStream copyStream(Device gpu);

    /** A stream of copies to one GPU. For any thread, one at a time. */
    interface CopyStream extends AutoCloseable {
        /**
         * Allocates page-locked memory, which lives as long as the stream.
         *
         * @param bytes how much, above 0
         * @return the memory
         */
        MemorySegment allocate(long bytes);

        /**
         * Copies from memory of this stream to the device, behind what the stream was given before; returns at once.
         *
         * @param from memory that {@link #allocate} gave, or the beginning of it; must not be changed before a mark
         *     that {@link Mark#copies} sets after this call was waited for
         * @param to dense and contiguous, of as many bytes at least, on the stream's device
         */
        void copy(MemorySegment from, NDArray to);

        /** {@return a new mark, which is not set; lives as long as the stream} */
        Mark mark();

        /** Waits for the copies and frees memory and marks. */
        @Override
        void close();
    }

    /** A place in the order of the work that was given to a device; may be set again and again. */
    interface Mark {
        /** Sets it behind all copies that the stream was given. */
        void copies();

        /** Sets it behind all operations that the calling thread has given to the device. */
        void operations();

        /**
         * Has the stream's next copies wait until the work before the mark is done; a mark that is not set is no wait.
         */
        void holdsCopies();

        /** Has the next operations of the calling thread wait for the same, on the device. */
        void holdsOperations();

        /** Blocks the calling thread until the work before the mark is done. */
        void await();
    }

    /**
     * The memory that libtorch's caching allocator has on a GPU, in bytes. What CUDA itself takes is not part of it.
     *
     * @param allocated by arrays, at the moment
     * @param peakAllocated the most so far
     * @param reserved from the device, at the moment: what is allocated, and what is kept to be allocated again
     * @param peakReserved the most so far
     */
    record AllocatorMemory(long allocated, long peakAllocated, long reserved, long peakReserved) {}

    /**
     * Asks the allocator; nothing waits for the device.
     *
     * @param array on the GPU in question, which shows that the allocator knows it
     * @return its memory
     */
    AllocatorMemory allocatorMemory(NDArray array);

    /**
     * The libraries for GPUs that libtorch has loaded.
     *
     * @param cuda the version of CUDA's runtime, for example {@code 12.8}
     * @param driver the newest version of CUDA that the driver supports
     * @param cudnn the version of cuDNN
     * @param problem why CUDA sees no GPU, in its words
     */
    record GpuLibraries(Optional<String> cuda, Optional<String> driver, Optional<String> cudnn,
            Optional<String> problem) {}

    /** {@return the libraries; with a libtorch for CPUs all empty} */
    GpuLibraries gpuLibraries();
}
