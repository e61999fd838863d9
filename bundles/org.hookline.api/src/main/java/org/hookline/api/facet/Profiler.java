// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Where the time of an iteration goes: operations of the library, parts of the trainer, calls of hooks. Training
 * thread.
 */
@ProviderType
public interface Profiler {
    /**
     * Has the next iteration recorded, from the wait for its batch to its end. A recording that nobody took is dropped
     * for the next one. Operations on a GPU are recorded as the CPU sees them: their launch.
     *
     * @param scratch a file that the library may write while it records; removed afterwards
     * @param shapes whether the shapes of the operations' inputs are recorded too
     */
    void recordNext(Path scratch, boolean shapes);

    /**
     * Takes the newest recording; it is there once its iteration has ended.
     *
     * @return the recording, or empty; once
     */
    Optional<Recording> take();

    /**
     * A recorded iteration.
     *
     * @param iteration its number, from 1
     * @param spans of each thread in the order of their start, outer before inner; those of one thread are properly
     *     nested. The first one is the iteration itself
     */
    record Recording(long iteration, List<Span> spans) {}

    /** What a span is. */
    enum Kind {
        /** The iteration. */
        ITERATION,
        /** A part of the trainer's work. */
        TRAINER,
        /** A call of a hook. */
        HOOK,
        /** An operation of the library. */
        OPERATION
    }

    /**
     * A stretch of time.
     *
     * @param name of the operation; of a hook and the stage, with a point between
     * @param kind what it is
     * @param thread number of the thread, from 1, which is the training thread
     * @param start nanoseconds from the start of the iteration
     * @param nanos how long it lasted
     * @param shapes of an operation's inputs, such as {@code [[64, 128], [128]]}, or empty text
     */
    record Span(String name, Kind kind, int thread, long start, long nanos, String shapes) {
        /** {@return nanoseconds from the start of the iteration to the end of the span} */
        public long end() {
            return start + nanos;
        }
    }
}
