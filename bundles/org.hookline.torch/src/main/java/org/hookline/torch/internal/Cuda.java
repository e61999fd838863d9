// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.GpuLibraries;

/**
 * Functions of CUDA's runtime, the one that libtorch has loaded: it is found through libtorch's own libraries. All of
 * it is C: errors are numbers, nothing throws.
 */
final class Cuda {
    /** {@code cudaMemcpyHostToDevice}. */
    private static final int TO_DEVICE = 1;
    /** {@code cudaStreamNonBlocking}: no waiting for the default stream, on which libtorch computes. */
    private static final int NON_BLOCKING = 1;
    /** {@code cudaEventBlockingSync | cudaEventDisableTiming}: a thread that waits sleeps. */
    private static final int SLEEPING_WAIT = 3;

    private final MemorySegment deviceCount;
    private final MemorySegment currentStream;
    private final MemorySegment getDevice;
    private final MemorySegment setDevice;
    private final MemorySegment hostAlloc;
    private final MemorySegment freeHost;
    private final MemorySegment streamCreate;
    private final MemorySegment streamSynchronize;
    private final MemorySegment streamDestroy;
    private final MemorySegment streamWaitEvent;
    private final MemorySegment eventCreate;
    private final MemorySegment eventRecord;
    private final MemorySegment eventSynchronize;
    private final MemorySegment eventDestroy;
    private final MemorySegment memcpyAsync;
    private final MemorySegment errorString;
    private final MemorySegment runtimeVersion;
    private final MemorySegment driverVersion;
    private final MemorySegment cudnnVersion;
    private final MemorySegment countDevices;

    Cuda(Symbols symbols) {
        deviceCount = symbols.find("_ZN3c104cuda12device_countEv", Feature.GPU_COUNT, Feature.COPY_STREAM);
        currentStream = symbols.find("aoti_torch_get_current_cuda_stream", Feature.COPY_STREAM);
        getDevice = symbols.find("cudaGetDevice", Feature.COPY_STREAM);
        setDevice = symbols.find("cudaSetDevice", Feature.COPY_STREAM);
        hostAlloc = symbols.find("cudaHostAlloc", Feature.COPY_STREAM);
        freeHost = symbols.find("cudaFreeHost", Feature.COPY_STREAM);
        streamCreate = symbols.find("cudaStreamCreateWithFlags", Feature.COPY_STREAM);
        streamSynchronize = symbols.find("cudaStreamSynchronize", Feature.COPY_STREAM);
        streamDestroy = symbols.find("cudaStreamDestroy", Feature.COPY_STREAM);
        streamWaitEvent = symbols.find("cudaStreamWaitEvent", Feature.COPY_STREAM);
        eventCreate = symbols.find("cudaEventCreateWithFlags", Feature.COPY_STREAM);
        eventRecord = symbols.find("cudaEventRecord", Feature.COPY_STREAM);
        eventSynchronize = symbols.find("cudaEventSynchronize", Feature.COPY_STREAM);
        eventDestroy = symbols.find("cudaEventDestroy", Feature.COPY_STREAM);
        memcpyAsync = symbols.find("cudaMemcpyAsync", Feature.COPY_STREAM);
        errorString = symbols.find("cudaGetErrorString", Feature.COPY_STREAM);
        runtimeVersion = symbols.find("cudaRuntimeGetVersion");
        driverVersion = symbols.find("cudaDriverGetVersion");
        cudnnVersion = symbols.find("cudnnGetVersion");
        countDevices = symbols.find("cudaGetDeviceCount");
    }

    /** {@return the number of GPUs} */
    int deviceCount() {
        try {
            // c10 gives 0 where there is no driver, and does not throw.
            return (byte) Call.BYTE_OF_NONE.invokeExact(deviceCount);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return what there is; nothing here needs a GPU} */
    GpuLibraries libraries() {
        try {
            Optional<String> cudnn = cudnnVersion == null ? Optional.empty()
                    : Optional.of(cudnnVersion((long) Call.LONG_OF_NONE.invokeExact(cudnnVersion)));
            return new GpuLibraries(version(runtimeVersion), version(driverVersion), cudnn, problem());
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** CUDA counts 1000 * major + 10 * minor, and 0 where there is no driver. */
    private static Optional<String> version(MemorySegment function) throws Throwable {
        long out = Tensors.scratch().address();
        if (function == null || (int) Call.INT_OF_1.invokeExact(function, out) != 0) {
            return Optional.empty();
        }
        int number = Call.MEMORY.get(JAVA_INT, out);
        return number == 0 ? Optional.empty() : Optional.of(number / 1000 + "." + number % 1000 / 10);
    }

    /** cuDNN counts 10000 * major + 100 * minor + patch, and before version 9 1000 * major. */
    static String cudnnVersion(long number) {
        long unit = number < 90_000 ? 1000 : 10_000;
        return number / unit + "." + number % unit / 100 + "." + number % 100;
    }

    private Optional<String> problem() throws Throwable {
        if (countDevices == null || errorString == null) {
            return Optional.empty();
        }
        int error = (int) Call.INT_OF_1.invokeExact(countDevices, Tensors.scratch().address());
        return error == 0 ? Optional.empty() : Optional.of(words(error));
    }

    private String words(int error) throws Throwable {
        return Call.MEMORY.getString((long) Call.LONG_OF_INT.invokeExact(errorString, error));
    }

    /** {@return the calling thread's device} */
    int device() {
        long out = Tensors.scratch().address();
        try {
            check("cudaGetDevice", (int) Call.INT_OF_1.invokeExact(getDevice, out));
            return Call.MEMORY.get(JAVA_INT, out);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Makes a device the calling thread's: a stream or an event is made on it, and stream 0 is its. */
    void setDevice(int device) {
        try {
            check("cudaSetDevice", (int) Call.INT_OF_INT.invokeExact(setDevice, device));
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return the stream on which the calling thread's operations of libtorch run} */
    long currentStream(int device) {
        long out = Tensors.scratch().address();
        try {
            if ((int) Call.INT_OF_INT_1.invokeExact(currentStream, device, out) != 0) {
                throw new IllegalStateException("libtorch does not tell its stream on GPU " + device);
            }
            return Call.MEMORY.get(JAVA_LONG, out);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return page-locked memory} */
    long allocateHost(long bytes) {
        long out = Tensors.scratch().address();
        try {
            check("cudaHostAlloc of " + bytes + " bytes", (int) Call.INT_OF_2_INT.invokeExact(hostAlloc, out,
                    bytes, 0));
            return Call.MEMORY.get(JAVA_LONG, out);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Frees what {@link #allocateHost} gave. */
    void freeHost(long address) {
        one("cudaFreeHost", freeHost, address);
    }

    /** {@return a new stream on the calling thread's device} */
    long createStream() {
        return create("cudaStreamCreateWithFlags", streamCreate, NON_BLOCKING);
    }

    /** Waits for a stream's work. */
    void synchronizeStream(long stream) {
        one("cudaStreamSynchronize", streamSynchronize, stream);
    }

    /** Gives a stream back. */
    void destroyStream(long stream) {
        one("cudaStreamDestroy", streamDestroy, stream);
    }

    /** {@return a new event on the calling thread's device} */
    long createEvent() {
        return create("cudaEventCreateWithFlags", eventCreate, SLEEPING_WAIT);
    }

    /** Sets an event behind a stream's work. */
    void record(long event, long stream) {
        try {
            check("cudaEventRecord", (int) Call.INT_OF_2.invokeExact(eventRecord, event, stream));
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Has a stream's next work wait for an event. */
    void hold(long stream, long event) {
        try {
            check("cudaStreamWaitEvent", (int) Call.INT_OF_2_INT.invokeExact(streamWaitEvent, stream, event, 0));
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Waits for an event. */
    void synchronizeEvent(long event) {
        one("cudaEventSynchronize", eventSynchronize, event);
    }

    /** Gives an event back. */
    void destroyEvent(long event) {
        one("cudaEventDestroy", eventDestroy, event);
    }

    /** Copies to the device, as part of a stream's work. */
    void copyToDevice(long to, long from, long bytes, long stream) {
        try {
            check("cudaMemcpyAsync of " + bytes + " bytes",
                    (int) Call.COPY_ASYNC.invokeExact(memcpyAsync, to, from, bytes, TO_DEVICE, stream));
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private long create(String name, MemorySegment function, int flags) {
        long out = Tensors.scratch().address();
        try {
            check(name, (int) Call.INT_OF_1_INT.invokeExact(function, out, flags));
            return Call.MEMORY.get(JAVA_LONG, out);
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private void one(String name, MemorySegment function, long argument) {
        try {
            check(name, (int) Call.INT_OF_1.invokeExact(function, argument));
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private void check(String name, int error) throws Throwable {
        if (error != 0) {
            throw new IllegalStateException(name + " gives CUDA's error " + error + ": " + words(error));
        }
    }
}
