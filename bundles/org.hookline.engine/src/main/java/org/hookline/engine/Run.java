// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

    /** Holds the run at the next boundary between two iterations, until {@link #resume} or {@link #stop}. */
    void pause();

    /** Lets a paused run go on. */
    void resume();

    /** {@return whether it was asked to pause} */
    boolean paused();

    /** {@return whether it is being held in a pause: the last iteration has ended} */
    boolean held();

    /**
     * Holds the run between two iterations, from the next boundary on, for a change that takes some milliseconds;
     * nobody is told, and changes to the hooks are made meanwhile. Several holds may overlap.
     *
     * @return lets the run go on; to be closed soon
     */
    Hold hold();

    /** A run that is held. */
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has something done on the training thread, between two iterations; also in a pause.
     *
     * @param work what to do; quick
     * @return completes when it is done, exceptionally with what it throws or where the run ends before
     */
    CompletableFuture<Void> betweenIterations(Runnable work);

    /**
     * Switches a hook off or on, from the next boundary on. One that was quarantined is tried again.
     *
     * @param hook its name
     * @param enabled whether it is to be called
     * @return false where there is no such hook
     */
    boolean enable(String hook, boolean enabled);

    /**
     * Moves a hook to another level, from the next boundary on, without starting it again. It stays there until its own
     * properties give it another level.
     *
     * @param hook its name
     * @param level the level
     * @return false where there is no such hook
     */
    boolean move(String hook, int level);

    /**
     * Asks for a checkpoint at the end of the current iteration, by whichever hook writes them.
     *
     * @param reason in a few words
     */
    void checkpoint(String reason);

    /**
     * Gives a part of the trainer, for use in {@link #betweenIterations} unless it says otherwise.
     *
     * @param <F> the facet's type
     * @param type the facet's type
     * @return the facet; empty where there is none, or the run has not begun
     */
    <F> Optional<F> findFacet(Class<F> type);
}
