// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunStart;
import org.hookline.engine.TrainingTask;

/** Knows the hook services and the runs, and tells each run of the hooks that concern it. For any thread. */
public final class RunRegistry {
    private final Clock clock;
    private final Duration patience;
    private final Watcher watcher;
    private final Map<Long, HookSource> sources = new LinkedHashMap<>();
    private final Map<String, TrainingRun> runs = new LinkedHashMap<>();
    private final List<Change> changes = new CopyOnWriteArrayList<>();

    /** Is told of runs. */
    public interface Watcher {
        /**
         * A run was prepared.
         *
         * @param run the run
         */
        void prepared(Run run);

        /**
         * A run is over.
         *
         * @param run the run
         */
        void ended(Run run);
    }

    /**
     * Makes an empty registry.
     *
     * @param clock for time stamps
     * @param patience how long a hook that goes waits for the next boundary
     */
    public RunRegistry(Clock clock, Duration patience) {
        this(clock, patience, new Watcher() {
            @Override
            public void prepared(Run run) {}

            @Override
            public void ended(Run run) {}
        });
    }

    /**
     * Makes an empty registry whose runs somebody watches.
     *
     * @param clock for time stamps
     * @param patience how long a hook that goes waits for the next boundary
     * @param watcher is told of runs
     */
    public RunRegistry(Clock clock, Duration patience, Watcher watcher) {
        this.clock = clock;
        this.patience = patience;
        this.watcher = watcher;
    }

    /**
     * Prepares a run.
     *
     * @param id the run's id
     * @param spec what it is to do
     * @param folder its folder
     * @param task the mathematics
     * @param listener is told of events
     * @return the run
     */
    public Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener) {
        return prepare(id, spec, folder, task, listener, RunStart.FRESH);
    }

    /**
     * Prepares a run.
     *
     * @param id the run's id
     * @param spec what it is to do
     * @param folder its folder
     * @param task the mathematics
     * @param listener is told of events
     * @param start what it starts from
     * @return the run
     */
    public Run prepare(
            String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener, RunStart start) {
        TrainingRun run;
        synchronized (this) {
            if (runs.containsKey(id)) {
                throw new IllegalArgumentException("there is a run with the id " + id + " already");
            }
            run = new TrainingRun(id, spec, folder, task, listener, start, clock, patience, changes,
                    () -> ended(id));
            runs.put(id, run);
            run.hookSet().putAll(sources.values().stream().filter(s -> concerns(s, id)).toList());
        }
        watcher.prepared(run);
        return run;
    }

    private void ended(String id) {
        Run run;
        synchronized (this) {
            run = runs.remove(id);
        }
        if (run != null) {
            watcher.ended(run);
        }
    }

    private static boolean concerns(HookSource source, String runId) {
        return source.runId().isEmpty() || source.runId().equals(runId);
    }

    /**
     * A hook service came or changed.
     *
     * @param source what it says
     */
    public void put(HookSource source) {
        synchronized (this) {
            sources.put(source.serviceId(), source);
            runs.forEach((id, run) -> {
                if (concerns(source, id)) {
                    run.hookSet().put(source);
                }
            });
        }
    }

    /**
     * A hook service goes; returns when no run will call it again.
     *
     * @param serviceId the service
     */
    public void remove(long serviceId) {
        List<TrainingRun> told;
        synchronized (this) {
            sources.remove(serviceId);
            told = List.copyOf(runs.values());
        }
        // Outside the lock: it waits for the runs' next boundaries.
        told.forEach(run -> run.hookSet().remove(serviceId));
    }

    /** {@return a new change to the hooks of all runs} */
    public HookChange change() {
        Change change = new Change(this);
        changes.add(change);
        return change;
    }

    void closed(Change change) {
        changes.remove(change);
    }

    synchronized List<HookSet> sets() {
        return runs.values().stream().map(TrainingRun::hookSet).toList();
    }

    /** {@return the runs that are prepared or running} */
    public synchronized Collection<Run> runs() {
        return List.copyOf(runs.values());
    }

    /** {@return the names of all hook services} */
    public synchronized List<String> hooks() {
        return sources.values().stream().map(HookSource::wantedName).toList();
    }
}
