// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where the training thread passes between two iterations: it is held there while the run is paused, and does there
 * what others ask for. Passing costs one volatile read where nothing is asked for.
 */
final class Gate {
    private record Errand(Runnable work, CompletableFuture<Void> done) {
        void run() {
            try {
                work.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LiveProgress progress;

    // Guarded by the lock.
    private final Deque<Errand> errands = new ArrayDeque<>();
    private boolean shut;
    private int holds;
    private boolean woken;
    private boolean ended;

    private volatile boolean attention;
    private volatile boolean holding;

    Gate(LiveProgress progress) {
        this.progress = progress;
    }

    /**
     * Lets the training thread pass, at once or when the run is not paused any more.
     *
     * @param boundary is run whenever the thread wakes: changes to the hooks are made in a pause too
     * @param goesOn whether the run goes on; a run that is stopped is not held
     */
    void pass(Runnable boundary, BooleanSupplier goesOn) throws InterruptedException {
        if (!attention) {
            return;
        }
        boolean paused = false;
        try {
            while (true) {
                Errand errand;
                lock.lock();
                try {
                    errand = errands.poll();
                    if (errand == null) {
                        boolean closed = shut || holds > 0;
                        if (!closed || !goesOn.getAsBoolean()) {
                            attention = closed;
                            return;
                        }
                        if (!paused) {
                            paused = true;
                            holding = true;
                            progress.pauses();
                        }
                        while (!woken) {
                            changed.await();
                        }
                    }
                    woken = false;
                } finally {
                    lock.unlock();
                }
                if (errand != null) {
                    errand.run();
                }
                boundary.run();
            }
        } finally {
            if (paused) {
                holding = false;
                progress.goesOn();
            }
        }
    }

    /** Wakes the training thread if it is held: there may be something to do. For any thread. */
    void wake() {
        if (attention) {
            lock.lock();
            try {
                rouse();
            } finally {
                lock.unlock();
            }
        }
    }

    /** With the lock. Remembered, for a thread that is about to wait. */
    private void rouse() {
        woken = true;
        changed.signalAll();
    }

    /** Shuts or opens it. */
    void shut(boolean value) {
        lock.lock();
        try {
            shut = value;
            attention = true;
            rouse();
        } finally {
            lock.unlock();
        }
    }

    /** Holds the training thread besides, or lets one such hold go. */
    void hold(boolean value) {
        lock.lock();
        try {
            holds += value ? 1 : -1;
            attention = true;
            rouse();
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether it is shut} */
    boolean isShut() {
        lock.lock();
        try {
            return shut;
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether the training thread is being held} */
    boolean holding() {
        return holding;
    }

    /** Has something done by the training thread, between two iterations. */
    CompletableFuture<Void> ask(Runnable work) {
        Errand errand = new Errand(work, new CompletableFuture<>());
        lock.lock();
        try {
            if (ended) {
                errand.done().completeExceptionally(new IllegalStateException("the run has ended"));
            } else {
                errands.add(errand);
                attention = true;
                rouse();
            }
        } finally {
            lock.unlock();
        }
        return errand.done();
    }

    /** The run is over: what was asked for is not done any more. */
    void end() {
        lock.lock();
        try {
            ended = true;
            errands.forEach(e -> e.done().completeExceptionally(new IllegalStateException("the run has ended")));
            errands.clear();
        } finally {
            lock.unlock();
        }
    }
}
