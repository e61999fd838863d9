// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hooks;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.SharedData;

/** What contexts and the hook set need of their run. */
interface RunState {
    Progress progress();

    Metrics metrics();

    RunInfo info();

    Hooks hooks();

    SharedData shared();

    Map<Class<?>, Object> facets();

    NDManager newScope();

    void stop(String reason);

    Optional<String> stopReason();

    void requestCheckpoint(String reason);

    /** Records an event; it is on the disk when this returns. */
    void event(String type, String text, Map<String, ?> details);

    /** Records an event without waiting for the disk; later events stay behind it. */
    void eventLater(String type, String text, Map<String, ?> details);
}
