// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Is told what happens in a run: the same events that go to {@code events.jsonl}, one at a time and in their order, on
 * any thread. Must return quickly.
 */
@FunctionalInterface
@ConsumerType
public interface RunListener {
    /**
     * Tells of an event.
     *
     * @param event the event
     */
    void on(RunEvent event);

    /**
     * Something that happened.
     *
     * @param type {@code run_start}, {@code run_end}, {@code hook_added}, {@code hook_replaced}, {@code hook_removed},
     *     {@code hook_changed}, {@code hook_quarantined}, {@code evaluation}, {@code checkpoint}, {@code stop},
     *     {@code pause}, {@code resume} or a hook's own
     * @param iteration the number of iterations completed
     * @param details what belongs to it, JDK types only
     * @param text the event as one line for a person
     */
    record RunEvent(String type, long iteration, Map<String, Object> details, String text) {}
}
