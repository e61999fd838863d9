// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.nio.file.Path;
import java.util.Collection;
import org.osgi.annotation.versioning.ProviderType;

/** Prepares runs; a service of the engine bundle. For any thread. */
@ProviderType
public interface TrainingEngine {
    /**
     * Prepares a run. From now on the hooks that carry its id, and those without one, are gathered for it.
     *
     * @param id the run's id, unique in this process; hook configurations carry it as {@code run.id}
     * @param spec what it is to do
     * @param folder its output folder, which exists
     * @param task the mathematics; the run closes it
     * @param listener is told of every event, on the thread where it happens
     * @return the run, not started
     */
    Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener);

    /** {@return the runs that are prepared or running} */
    Collection<Run> runs();

    /**
     * Begins a change to the hooks of several bundles that is to take effect at once.
     *
     * @return the change; the caller closes it
     */
    HookChange change();
}
