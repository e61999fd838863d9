// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import org.hookline.api.Hooks;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.osgi.annotation.versioning.ProviderType;

/** A run. For any thread, except {@link #execute}, which is called once and makes its caller the training thread. */
@ProviderType
public interface Run {
    /** {@return name, folder and configuration} */
    RunInfo info();

    /** {@return where it is} */
    Progress progress();

    /** {@return its hooks} */
    Hooks hooks();

    /**
     * Trains, to the end, a stop or a failure.
     *
     * @return how it ended; a failure is in it and not thrown
     */
    RunResult execute();

    /**
     * Asks the run to end after the current iteration. The first reason counts.
     *
     * @param reason in a few words, for example {@code SIGINT}
     */
    void stop(String reason);
}
