// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads batches ahead, on its own threads, and hands them out in order. The threads live as long as the loader; the
 * consumer is one thread.
 */
final class BatchLoader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchLoader.class);

    /** At most so many batches are filled at one go. */
    private static final int MOST_AT_ONCE = 8;

    /** Memory that those may take besides the ones that are made ready ahead, in bytes. */
    private static final long MEMORY_AT_ONCE = 8 << 20;

    /** How long {@link #close} waits for a data set that is still reading. */
    private static final long PATIENCE_MILLIS = 10_000;

    private final String what;
    private final Split split;
    private final int batchSize;
    private final NDManager parent;
    private final Lanes lanes;
    private final List<Thread> threads = new ArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition done = lock.newCondition();
    private final Deque<Batch> free = new ArrayDeque<>();
    /** Filled batches, each at its number modulo the number of batches. */
    private final Batch[] ready;
    /** So many free batches wake a thread: to wake it takes the consumer up to 20 microseconds. */
    private final int wakeAt;
    private SampleOrder order;
    private int batches;
    private int nextToFill;
    private int nextToHand;
    private int filling;
    private int pass;
    private Batch handed;
    private boolean closed;

    /**
     * Starts the threads; they wait for {@link #start}.
     *
     * @param what is read, for messages: {@code train}
     * @param split where from
     * @param samples the shape of the samples
     * @param batchSize samples of a full batch
     * @param prefetch batches that are made ready ahead, at least 1
     * @param workers threads that read, at least 1
     * @param parent of the arrays, on the device; closed after this loader
     * @param opener opens the ways to the device
     */
    BatchLoader(String what, Split split, SampleSpec samples, int batchSize, int prefetch, int workers,
            NDManager parent, Lanes.Opener opener) {
        this.what = what;
        this.split = split;
        this.batchSize = batchSize;
        this.parent = parent;
        LaneShape shape = new LaneShape(samples, batchSize);
        long bytes = (long) shape.featureBytes(batchSize) + shape.labelBytes(batchSize);
        wakeAt = workers == 1 ? Math.clamp(MEMORY_AT_ONCE / bytes, 2, MOST_AT_ONCE) : 1;
        int slots = Math.max(prefetch, workers) + wakeAt;
        ready = new Batch[slots];
        lanes = opener.open(shape, slots);
        lanes.all().forEach(lane -> free.add(new Batch(shape, lane)));
        for (int i = 0; i < workers; i++) {
            threads.add(Thread.ofPlatform().name("hookline-data-" + what + "-" + i).daemon().start(this::fillAll));
        }
    }

    /**
     * Begins a pass; what is left of the one before is dropped.
     *
     * @param newOrder in which order the samples are taken
     * @param newBatches the number of batches of the pass; the last one may be short
     * @param skip batches to leave out at its start
     */
    void start(SampleOrder newOrder, int newBatches, int skip) {
        lock.lock();
        try {
            pass++;
            release();
            nextToFill = newBatches;
            batches = newBatches;
            while (filling > 0) {
                done.awaitUninterruptibly();
            }
            for (int i = 0; i < ready.length; i++) {
                if (ready[i] != null) {
                    recycle(ready[i]);
                    ready[i] = null;
                }
            }
            order = newOrder;
            nextToFill = skip;
            nextToHand = skip;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** {@return whether this pass has another batch} */
    boolean hasNext() {
        return nextToHand < batches;
    }

    /**
     * Waits for the next batch. It is the caller's until {@link #release}.
     *
     * @return the batch
     * @throws IOException if it could not be read; the cause says why
     * @throws InterruptedException if the thread is interrupted
     */
    Batch next() throws IOException, InterruptedException {
        lock.lock();
        try {
            if (!hasNext()) {
                throw new IllegalStateException("all " + batches + " batches of this pass were taken");
            }
            release();
            int place = nextToHand % ready.length;
            while (ready[place] == null) {
                if (closed) {
                    throw new IllegalStateException("the loader is closed");
                }
                done.await();
            }
            Batch batch = ready[place];
            ready[place] = null;
            int number = nextToHand++;
            handed = batch;
            Throwable failure = batch.failure();
            if (failure != null) {
                release();
                throw failed(number, failure);
            }
            batch.receive();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private IOException failed(int number, Throwable failure) {
        if (failure instanceof UserError e) {
            throw new UserError(e.getMessage(), e);
        }
        return new IOException("batch " + number + " of " + what + " cannot be read: " + failure.getMessage(), failure);
    }

    /** Gives the newest batch back: its arrays are closed and its memory is used again. */
    void release() {
        lock.lock();
        try {
            if (handed != null) {
                Batch batch = handed;
                handed = null;
                recycle(batch);
                if (free.size() >= wakeAt) {
                    work.signal();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void recycle(Batch batch) {
        batch.release();
        free.add(batch);
    }

    private void fillAll() {
        // Autograd is on for each new thread; nothing is recorded here.
        JniUtils.setGradMode(false);
        while (true) {
            Batch batch;
            int number;
            int myPass;
            SampleOrder myOrder;
            lock.lock();
            try {
                while (!closed && (free.isEmpty() || nextToFill >= batches)) {
                    work.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                batch = free.remove();
                number = nextToFill++;
                myPass = pass;
                myOrder = order;
                filling++;
            } finally {
                lock.unlock();
            }
            fill(batch, number, myOrder);
            lock.lock();
            try {
                filling--;
                if (myPass == pass && !closed) {
                    ready[number % ready.length] = batch;
                } else {
                    recycle(batch);
                }
                done.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void fill(Batch batch, int number, SampleOrder myOrder) {
        int from = number * batchSize;
        try {
            batch.fill(split, myOrder, from, Math.min(batchSize, myOrder.size() - from), parent);
        } catch (Throwable t) {
            batch.closeArrays();
            batch.fail(t);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            release();
            for (int i = 0; i < ready.length; i++) {
                if (ready[i] != null) {
                    recycle(ready[i]);
                    ready[i] = null;
                }
            }
            work.signalAll();
            done.signalAll();
        } finally {
            lock.unlock();
        }
        boolean ended = true;
        for (Thread thread : threads) {
            ended &= join(thread);
        }
        if (ended) {
            lanes.close();
        } else {
            LOG.warn("data thread for {} still reads after {} s; its memory is left to it", what,
                    PATIENCE_MILLIS / 1000);
        }
    }

    /** A data set may block in a file or a pipe: it is interrupted, and waited for to a limit. */
    private static boolean join(Thread thread) {
        boolean interrupted = false;
        try {
            thread.join(200);
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join(PATIENCE_MILLIS);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
