// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.hookline.torch.Torch.CopyStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lanes of one loader, with the memory that they share. */
final class Lanes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    /** Opens lanes. */
    @FunctionalInterface
    interface Opener {
        /**
         * Opens lanes; called on the thread that computes.
         *
         * @param shape of each
         * @param count how many
         * @return the lanes; closed when no thread uses them
         */
        Lanes open(LaneShape shape, int count);
    }

    private final List<Lane> lanes = new ArrayList<>();
    private final List<Runnable> ends = new ArrayList<>();

    private Lanes() {}

    /**
     * Lanes of memory that DJL makes arrays of.
     *
     * @param format puts features into the memory format that the model is to get
     * @return opens them
     */
    static Opener host(UnaryOperator<NDArray> format) {
        return (shape, count) -> host(format, shape, count);
    }

    @SuppressWarnings("MustBeClosedChecker") // the lanes close it
    private static Lanes host(UnaryOperator<NDArray> format, LaneShape shape, int count) {
        Arena arena = Arena.ofShared();
        Lanes opened = new Lanes();
        opened.ends.add(arena::close);
        try {
            for (int i = 0; i < count; i++) {
                opened.lanes.add(new HostLane(shape, format, arena));
            }
            return opened;
        } catch (RuntimeException | OutOfMemoryError e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Lanes of page-locked memory, from which the device copies by itself. Where CUDA refuses, lanes without.
     *
     * @param streams opens a stream of copies
     * @param format puts features into the memory format that the model is to get
     * @param parent of the arrays, on the device
     * @return opens them
     */
    static Opener device(Supplier<CopyStream> streams, UnaryOperator<NDArray> format, NDManager parent) {
        return (shape, count) -> {
            Lanes opened = new Lanes();
            try {
                NDManager scope = parent.newSubManager();
                opened.ends.add(scope::close);
                CopyStream stream = streams.get();
                // Waits for the copies, before the arrays go.
                opened.ends.addFirst(stream::close);
                for (int i = 0; i < count; i++) {
                    opened.lanes.add(new DeviceLane(shape, format, stream, scope));
                }
                return opened;
            } catch (IllegalStateException e) {
                opened.close();
                LOG.warn("batches are copied without page-locked memory, which is slower: {}", e.getMessage());
                return host(format, shape, count);
            }
        };
    }

    /** {@return the lanes} */
    List<Lane> all() {
        return lanes;
    }

    @Override
    public void close() {
        ends.forEach(Runnable::run);
        ends.clear();
    }
}
