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
     * @param listener is told of every event, on any thread
     * @return the run, not started
     */
    default Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener) {
        return prepare(id, spec, folder, task, listener, RunStart.FRESH);
    }

    /**
     * Prepares a run that may go on from a checkpoint or begin with given weights.
     *
     * @param id the run's id, unique in this process; hook configurations carry it as {@code run.id}
     * @param spec what it is to do
     * @param folder its output folder, which exists
     * @param task the mathematics; the run closes it
     * @param listener is told of every event, on any thread
     * @param start what it starts from; the run closes the checkpoint
     * @return the run, not started
     * @throws org.hookline.api.UserError if the task's state cannot be saved and loaded, but the start asks for that
     */
    Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener, RunStart start);

    /** {@return the runs that are prepared or running} */
    Collection<Run> runs();

    /**
     * Begins a change to the hooks of several bundles that is to take effect at once.
     *
     * @return the change; the caller closes it
     */
    HookChange change();
}
