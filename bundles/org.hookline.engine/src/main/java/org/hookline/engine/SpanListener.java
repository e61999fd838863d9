// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import org.hookline.api.Stage;
import org.osgi.annotation.versioning.ConsumerType;

/** Is told of each call of a hook, on the training thread, right after it. Where nobody listens, it costs one look. */
@FunctionalInterface
@ConsumerType
public interface SpanListener {
    /**
     * Tells of a call. A call inside another one, such as a step of the optimizer hook, is told of first.
     *
     * @param hook the hook's name
     * @param stage what was called
     * @param startNanos {@link System#nanoTime} before
     * @param endNanos {@link System#nanoTime} after
     */
    void span(String hook, Stage stage, long startNanos, long endNanos);
}
