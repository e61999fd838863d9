// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer in one run: a thread that calls it, and the records that wait for it. The training thread only puts
 * records into the queue and never waits. A writer that throws, or that takes too long for one call, is taken out.
 */
final class WriterLink {
    private static final Logger LOG = LoggerFactory.getLogger(WriterLink.class);

    private final String name;
    private final int capacity;
    private final Duration timeout;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final ArrayDeque<LogRecord> queue = new ArrayDeque<>();
    private LogWriter writer;
    private boolean closing;
    private boolean ended;
    private boolean abandoned;
    private long dropped;
    private String failure;
    private String doing = "";
    private long since;

    /**
     * Starts the thread, which first opens the writer.
     *
     * @param name of the writer, for messages
     * @param writer the writer
     * @param run the run
     * @param resumption where it goes on, if it was resumed
     * @param capacity records that may wait
     * @param timeout of one call
     */
    WriterLink(String name, LogWriter writer, RunInfo run, Optional<Writers.Resumption> resumption, int capacity,
            Duration timeout) {
        this.name = name;
        this.writer = writer;
        this.capacity = capacity;
        this.timeout = timeout;
        thread = Thread.ofPlatform().daemon().name("hookline-writer-" + name).inheritInheritableThreadLocals(false)
                .unstarted(() -> work(run, resumption));
        // What a writer's libraries look up, they look up in its own bundle; and no other loader is held on to.
        thread.setContextClassLoader(writer.getClass().getClassLoader());
        thread.start();
    }

    String name() {
        return name;
    }

    @FunctionalInterface
    private interface Call {
        void make() throws Exception;
    }

    private void work(RunInfo run, Optional<Writers.Resumption> resumption) {
        LogWriter own = writer();
        try {
            call("open", () -> own.open(run));
            if (resumption.isPresent()) {
                call("resumed", () -> own.resumed(resumption.get().iteration(), resumption.get().records()));
            }
            for (LogRecord next = take(); next != null; next = take()) {
                LogRecord entry = next;
                call("write", () -> own.write(entry));
            }
            call("close", own::close);
        } catch (Throwable t) {
            if (fail(describe(t))) {
                LOG.warn("writer {} is taken out: {} failed: {}", name, doing(), describe(t), t);
            }
            try {
                call("close", own::close);
            } catch (Throwable again) {
                LOG.debug("writer {} could not be closed either", name, again);
            }
        } finally {
            Thread.currentThread().setContextClassLoader(null);
            lock.lock();
            try {
                ended = true;
                writer = null;
                queue.clear();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void call(String what, Call call) throws Exception {
        lock.lock();
        try {
            doing = what;
            since = System.nanoTime();
        } finally {
            lock.unlock();
        }
        call.make();
        lock.lock();
        try {
            doing = "";
        } finally {
            lock.unlock();
        }
    }

    private LogWriter writer() {
        lock.lock();
        try {
            return writer;
        } finally {
            lock.unlock();
        }
    }

    private String doing() {
        lock.lock();
        try {
            return doing;
        } finally {
            lock.unlock();
        }
    }

    /** The next record, or null when there will be none. */
    private LogRecord take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (queue.isEmpty() && !closing) {
                changed.await();
            }
            return queue.poll();
        } finally {
            lock.unlock();
        }
    }

    private static String describe(Throwable t) {
        String message = t.getMessage();
        return message == null || message.isBlank() ? t.getClass().getSimpleName()
                : t.getClass().getSimpleName() + ": " + message.strip().lines().findFirst().orElse("");
    }

    /** Notes the first failure; later ones follow from it. */
    private boolean fail(String reason) {
        lock.lock();
        try {
            if (failure != null) {
                return false;
            }
            failure = reason;
            queue.clear();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts a record into the queue, without waiting. Where the queue is full, training records give way.
     *
     * @param entry the record
     */
    void offer(LogRecord entry) {
        boolean late;
        lock.lock();
        try {
            if (closing || ended || failure != null) {
                return;
            }
            late = !doing.isEmpty() && System.nanoTime() - since > timeout.toNanos();
            if (!late) {
                enqueue(entry);
                return;
            }
        } finally {
            lock.unlock();
        }
        abandon("it has been in " + doing() + " for more than " + seconds(timeout) + " s");
    }

    private void enqueue(LogRecord entry) {
        if (queue.size() >= capacity && !(entry.kind() != Kind.TRAINING && dropOldest())) {
            if (entry.kind() != Kind.END) {
                drop();
                return;
            }
        }
        queue.add(entry);
        changed.signalAll();
    }

    private boolean dropOldest() {
        for (Iterator<LogRecord> i = queue.iterator(); i.hasNext();) {
            if (i.next().kind() == Kind.TRAINING) {
                i.remove();
                drop();
                return true;
            }
        }
        return false;
    }

    private void drop() {
        if (dropped++ == 0) {
            LOG.warn("writer {} is too slow: {} records wait for it, training records are dropped from now on", name,
                    queue.size());
        }
    }

    /** Gives the writer up: its thread is interrupted and, if it does not care, left alone. */
    private void abandon(String reason) {
        if (fail(reason)) {
            LOG.warn("writer {} is taken out: {}", name, reason);
        }
        lock.lock();
        try {
            closing = true;
            abandoned = true;
            // A thread that hangs keeps its writer; nothing else does.
            writer = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }

    /** Says that no more records come: what waits is written, then the writer is closed. Does not wait. */
    void finish() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the thread has ended, after {@link #finish}.
     *
     * @param deadline a time of {@link System#nanoTime}; after it the writer is given up
     */
    void await(long deadline) {
        if (Thread.currentThread() == thread) {
            return;
        }
        int waiting;
        lock.lock();
        try {
            long left = deadline - System.nanoTime();
            while (!ended && !abandoned && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (ended || abandoned) {
                return;
            }
            waiting = queue.size();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            waiting = 0;
        } finally {
            lock.unlock();
        }
        abandon("it did not finish in time, in " + doing()
                + (waiting > 0 ? ", " + waiting + " records unwritten" : ""));
    }

    private static String seconds(Duration duration) {
        double s = duration.toNanos() * 1e-9;
        return s == Math.rint(s) ? Long.toString((long) s) : Double.toString(s);
    }

    /** {@return why the writer was taken out, or null} */
    String failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** {@return how many records were dropped because the writer was too slow} */
    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether the thread has ended and holds on to nothing} */
    boolean ended() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the thread itself; for tests. */
    boolean join(Duration limit) throws InterruptedException {
        return thread.join(limit);
    }

    /** {@return the unit of {@link #await}'s deadline from now} */
    static long deadline(Duration limit) {
        return System.nanoTime() + TimeUnit.NANOSECONDS.convert(limit);
    }
}
