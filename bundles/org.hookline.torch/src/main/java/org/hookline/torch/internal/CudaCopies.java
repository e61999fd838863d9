// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.hookline.torch.Torch.CopyStream;
import org.hookline.torch.Torch.Mark;

/** Copies on a stream of their own. */
final class CudaCopies implements CopyStream {
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
        int before = enter();
        try {
            stream = cuda.createStream();
        } finally {
            leave(before);
        }
    }

    /** The device belongs to the thread, and other threads than libtorch's come here. */
    private int enter() {
        if (closed) {
            throw new IllegalStateException("the stream of copies to " + device + " is closed");
        }
        int before = cuda.device();
        if (before != number) {
            cuda.setDevice(number);
        }
        return before;
    }

    private void leave(int before) {
        if (before != number) {
            cuda.setDevice(before);
        }
    }

    @Override
    public MemorySegment allocate(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("the memory is to have " + bytes + " bytes, expected 1 or more");
        }
        int before = enter();
        try {
            MemorySegment segment =
                    MemorySegment.ofAddress(cuda.allocateHost(bytes)).reinterpret(bytes, arena, null);
            memory.add(segment);
            return segment;
        } finally {
            leave(before);
        }
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
        int before = enter();
        try {
            cuda.copyToDevice(tensors.data(tensor), begin, bytes, stream);
        } finally {
            leave(before);
        }
    }

    @Override
    public Mark mark() {
        int before = enter();
        try {
            Event event = new Event(cuda.createEvent());
            events.add(event);
            return event;
        } finally {
            leave(before);
        }
    }

    /** CUDA takes an event that was never recorded as one whose work is done. */
    private final class Event implements Mark {
        private final long handle;

        Event(long handle) {
            this.handle = handle;
        }

        @Override
        public void copies() {
            int before = enter();
            try {
                cuda.record(handle, stream);
            } finally {
                leave(before);
            }
        }

        @Override
        public void operations() {
            int before = enter();
            try {
                cuda.record(handle, cuda.currentStream(number));
            } finally {
                leave(before);
            }
        }

        @Override
        public void holdsCopies() {
            int before = enter();
            try {
                cuda.hold(stream, handle);
            } finally {
                leave(before);
            }
        }

        @Override
        public void holdsOperations() {
            int before = enter();
            try {
                cuda.hold(cuda.currentStream(number), handle);
            } finally {
                leave(before);
            }
        }

        @Override
        public void await() {
            int before = enter();
            try {
                cuda.synchronizeEvent(handle);
            } finally {
                leave(before);
            }
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        int before = enter();
        closed = true;
        try {
            cuda.synchronizeStream(stream);
            events.forEach(e -> cuda.destroyEvent(e.handle));
            cuda.destroyStream(stream);
            arena.close();
            memory.forEach(m -> cuda.freeHost(m.address()));
        } finally {
            leave(before);
        }
    }
}
