// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.hookline.torch.Torch.CopyStream;
import org.hookline.torch.Torch.Mark;

/** A stream of copies on the CPU: a thread that takes its time. Operations are those of the calling thread. */
final class ThreadCopies implements CopyStream {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final Arena arena = Arena.ofShared();
    private final ExecutorService copies =
            Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("copies").factory());
    private final long delayNanos;
    private int marks;

    ThreadCopies(long delayNanos) {
        this.delayNanos = delayNanos;
    }

    private CompletableFuture<Void> later(Runnable work) {
        return CompletableFuture.runAsync(work, copies);
    }

    /** Holds all copies up. */
    void pause(CompletableFuture<Void> until) {
        later(until::join);
    }

    @Override
    public MemorySegment allocate(long bytes) {
        return arena.allocate(bytes, 64);
    }

    @Override
    public void copy(MemorySegment from, NDArray to) {
        calls.add("copy " + from.byteSize());
        MemorySegment target = MemorySegment.ofBuffer(to.toByteBuffer(true));
        later(() -> {
            LockSupport.parkNanos(delayNanos);
            target.asSlice(0, from.byteSize()).copyFrom(from);
        });
    }

    @Override
    public Mark mark() {
        int number = ++marks;
        return new Mark() {
            private volatile CompletableFuture<Void> done = CompletableFuture.completedFuture(null);

            @Override
            public void copies() {
                calls.add("set " + number + " behind copies");
                done = later(() -> {});
            }

            @Override
            public void operations() {
                calls.add("set " + number + " behind operations");
                done = CompletableFuture.completedFuture(null);
            }

            @Override
            public void holdsCopies() {
                calls.add(number + " holds copies");
                later(done::join);
            }

            @Override
            public void holdsOperations() {
                calls.add(number + " holds operations");
                done.join();
            }

            @Override
            public void await() {
                calls.add("await " + number);
                done.join();
            }
        };
    }

    @Override
    public void close() {
        calls.add("close");
        copies.close();
        arena.close();
    }
}
