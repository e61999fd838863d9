// SPDX-License-Identifier: Apache-2.0
package org.hookline.control;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.HookInfo;
import org.hookline.deploy.Deployments.Deployment;
import org.hookline.deploy.Deployments.Leak;
import org.hookline.runfile.HookType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a person does to the run of this process; a service. Changes take effect at the next boundary between two
 * iterations. For any thread but the training thread. What the person gets wrong is a
 * {@link org.hookline.api.UserError}: no run, an unknown hook (with the nearest), a value that cannot be read.
 */
@ProviderType
public interface Control {
    /** {@return where the run is} */
    Status status();

    /** {@return the hooks of the run in the order of calls, quarantined and disabled ones last} */
    List<HookInfo> hooks();

    /** {@return the kinds of hooks and writers that bundles offer, sorted by name; needs no run} */
    List<Kind> installed();

    /**
     * Deploys a jar; needs no run.
     *
     * @param jar the jar, which is copied into {@code deploy/}
     * @return what became of it
     * @throws InterruptedException if the thread is interrupted
     */
    Deployment deploy(Path jar) throws InterruptedException;

    /**
     * Takes deployed jars away; needs no run.
     *
     * @param name a hook in them, the bundle's symbolic name or the file's name
     * @return what was taken away
     * @throws InterruptedException if the thread is interrupted
     */
    List<Deployment> undeploy(String name) throws InterruptedException;

    /**
     * Tells which bundles that were taken away are still held in memory; needs no run.
     *
     * @param collect whether to have the garbage collected first, which stops all threads for a moment; without it a
     *     bundle counts as held only after full collections that came by themselves did not free it
     * @return one for each class loader that is still there
     */
    List<Leak> leaks(boolean collect);

    /**
     * Switches a hook on or off. One that was quarantined is tried again.
     *
     * @param hook its name
     * @param enabled whether it is to be called
     */
    void enable(String hook, boolean enabled);

    /**
     * Changes parameters of a hook through Config Admin, checked against what it declares.
     *
     * @param hook its name
     * @param settings names as in run files, values as text
     * @return what was set, by property
     * @throws InterruptedException if the thread is interrupted
     */
    Map<String, Object> set(String hook, Map<String, String> settings) throws InterruptedException;

    /**
     * Moves a hook to another level, without starting it again.
     *
     * @param hook its name
     * @param level a number or the name of a level
     * @return the level
     */
    int level(String hook, String level);

    /**
     * Sets the learning rate of the next optimizer step. A schedule goes on from it in proportion.
     *
     * @param learningRate at least 0
     * @return the learning rate before
     * @throws InterruptedException if the thread is interrupted
     */
    double learningRate(double learningRate) throws InterruptedException;

    /**
     * Asks for a checkpoint at the end of the current iteration.
     *
     * @return the name of the hook that writes it
     */
    String checkpoint();

    /**
     * Holds the run at the next boundary.
     *
     * @return whether it stands there already; otherwise it will when its iteration ends
     * @throws InterruptedException if the thread is interrupted
     */
    boolean pause() throws InterruptedException;

    /** Lets a paused run go on. */
    void resume();

    /** Ends the run after the current iteration, in good order. */
    void stop();

    /**
     * A kind of hook or writer.
     *
     * @param type its name, description and parameters
     * @param level its own level, as it declares it; empty for a writer and where it declares none
     * @param kind {@code training}, {@code observer} or {@code writer}
     * @param stages the methods of {@link org.hookline.api.Hook} that it overrides
     * @param bundle the symbolic name of its bundle
     * @param version the version of its bundle
     */
    record Kind(HookType type, String level, String kind, List<String> stages, String bundle, String version) {
        /** Copies the list. */
        public Kind {
            stages = List.copyOf(stages);
        }
    }

    /**
     * Where a run is.
     *
     * @param process the number of the process
     * @param run its name
     * @param folder its output folder
     * @param device what it runs on
     * @param state {@code preparing}, {@code running}, {@code paused} or {@code stopping}
     * @param epoch passes completed
     * @param epochs passes of the whole run; 0 where it is counted by iteration
     * @param iteration iterations completed
     * @param iterations iterations of the whole run
     * @param steps optimizer steps done
     * @param seconds since the start, without pauses
     * @param pausedSeconds paused so far
     * @param samplesPerSecond mean so far, with all stops but pauses
     * @param learningRate of the next step, where there is an optimizer
     */
    record Status(long process, String run, Path folder, String device, String state, int epoch, int epochs,
            long iteration, long iterations, long steps, double seconds, double pausedSeconds, double samplesPerSecond,
            Optional<Double> learningRate) {}
}
