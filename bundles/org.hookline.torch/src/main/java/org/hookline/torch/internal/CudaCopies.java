// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.hookline.torch.Torch.CopyStream;
import org.hookline.torch.Torch.Mark;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies on a stream of their own. */
final class CudaCopies implements CopyStream {
    private static final Logger LOG = LoggerFactory.getLogger(CudaCopies.class);

    private final Cuda cuda;
    private final Tensors tensors;
    private final Device device;
    private final int number;
    private final long stream;
    /** What is reached through it cannot be reached after the end. */
    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> memory = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private boolean closed;

    /**
     * Opens the stream.
     *
     * @param cuda the runtime
     * @param tensors where arrays lie
     * @param device where they must be
     * @param number CUDA's number of it
     */
    CudaCopies(Cuda cuda, Tensors tensors, Device device, int number) {
        this.cuda = cuda;
        this.tensors = tensors;
        this.device = device;
        this.number = number;
        stream = onDevice(cuda::createStream);
    }

    /** The device belongs to the thread, and other threads than libtorch's come here. */
    private <T> T onDevice(Supplier<T> work) {
        if (closed) {
            throw new IllegalStateException("the stream of copies to " + device + " is closed");
        }
        int before = cuda.device();
        if (before == number) {
            return work.get();
        }
        cuda.setDevice(number);
        try {
            return work.get();
        } finally {
            cuda.setDevice(before);
        }
    }

    private void doOnDevice(Runnable work) {
        onDevice(() -> {
            work.run();
            return null;
        });
    }

    @Override
    public MemorySegment allocate(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("the memory is to have " + bytes + " bytes, expected 1 or more");
        }
        long address = onDevice(() -> cuda.allocateHost(bytes));
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
        memory.add(segment);
        return segment;
    }

    @Override
    public void copy(MemorySegment from, NDArray to) {
        long begin = from.address();
        long bytes = from.byteSize();
        if (memory.stream().noneMatch(m -> m.address() == begin && bytes <= m.byteSize())) {
            throw new IllegalArgumentException("what is to be copied is not page-locked memory of this stream");
        }
        if (!to.getDevice().equals(device)) {
            throw new IllegalArgumentException("the target is on " + to.getDevice() + ", expected " + device);
        }
        long tensor = Tensors.of(to, "the target");
        long size = to.size() * to.getDataType().getNumOfBytes();
        if (to.isSparse() || !tensors.contiguous(tensor, to.getShape()) || bytes > size) {
            throw new IllegalArgumentException("the target of shape " + to.getShape() + " has " + size
                    + " bytes, expected a dense and contiguous one of " + bytes + " at least");
        }
        doOnDevice(() -> cuda.copyToDevice(tensors.data(tensor), begin, bytes, stream));
    }

    @Override
    public Mark mark() {
        Event event = new Event(onDevice(cuda::createEvent));
        events.add(event);
        return event;
    }

    /** CUDA takes an event that was never recorded as one whose work is done. */
    private final class Event implements Mark {
        private final long handle;

        Event(long handle) {
            this.handle = handle;
        }

        @Override
        public void copies() {
            doOnDevice(() -> cuda.record(handle, stream));
        }

        @Override
        public void operations() {
            doOnDevice(() -> cuda.record(handle, cuda.currentStream(number)));
        }

        @Override
        public void holdsCopies() {
            doOnDevice(() -> cuda.hold(stream, handle));
        }

        @Override
        public void holdsOperations() {
            doOnDevice(() -> cuda.hold(cuda.currentStream(number), handle));
        }

        @Override
        public void await() {
            doOnDevice(() -> cuda.synchronizeEvent(handle));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        try {
            doOnDevice(() -> {
                cuda.synchronizeStream(stream);
                events.forEach(e -> cuda.destroyEvent(e.handle));
                cuda.destroyStream(stream);
                memory.forEach(m -> cuda.freeHost(m.address()));
            });
        } catch (IllegalStateException e) {
            // After an error of the device all calls give it again; what failed first is to be told, and it has been.
            LOG.warn("the stream of copies to {} is left as it is: {}", device, e.getMessage());
        } finally {
            closed = true;
            arena.close();
        }
    }
}
