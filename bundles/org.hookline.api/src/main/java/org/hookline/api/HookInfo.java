// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.Map;
import java.util.Optional;

/**
 * One hook of a run at one moment; immutable.
 *
 * @param order position in the order of calls, from 1; 0 if it is not called
 * @param name unique in the run
 * @param type the component's name
 * @param level lower runs first
 * @param kind {@code training} or {@code observer}
 * @param onError the failure policy in words
 * @param bundle the symbolic name of its bundle, or empty text outside OSGi
 * @param version the version of its bundle, or empty text outside OSGi
 * @param state what it is doing
 * @param joined the iteration from which it took part
 * @param timings by stage, for the stages that it overrides
 * @param lastError the newest failure in words, or empty
 */
public record HookInfo(
        int order, String name, String type, int level, String kind, String onError, String bundle, String version,
        State state, long joined, Map<Stage, Timing> timings, Optional<String> lastError) {

    /** The state of a hook in a run. */
    public enum State {
        /** It is called. */
        ACTIVE,
        /** It failed and is not called any more. */
        QUARANTINED,
        /** A person switched it off. */
        DISABLED
    }

    /** {@return the time of all calls, in nanoseconds} */
    public long totalNanos() {
        return timings.values().stream().mapToLong(Timing::totalNanos).sum();
    }

    /** {@return the number of all calls} */
    public long calls() {
        return timings.values().stream().mapToLong(Timing::count).sum();
    }
}
