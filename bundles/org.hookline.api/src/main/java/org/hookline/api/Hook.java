// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Code that a training run calls at chosen moments. Every method has an empty default: a hook overrides what it needs,
 * and what it does not override costs nothing.
 *
 * <p>A hook is an OSGi service of this type. Its component name is the <em>type</em> under which run files name it; its
 * place in the order comes from its {@link Level}. The engine tracks these services while it runs: a hook that appears
 * is called from the next iteration on, one that goes is not called again.
 *
 * <p><b>Threads.</b> All methods of a run are called on the run's one training thread, never at the same time. The
 * thread is a platform thread; gradient mode and autocast are its own. A hook that starts threads ends them when it is
 * deactivated.
 *
 * <p><b>Errors.</b> What a method throws is handled by the hook's failure policy ({@link OnError}): {@code abort} fails
 * the run with the hook's name first in the message, {@code quarantine} takes the hook out and goes on,
 * {@code retry N} calls it again up to N times and then aborts.
 *
 * <p>A context is a handle: it must not be used after the method returned on another thread, and after the run it
 * throws {@link IllegalStateException}.
 */
@ConsumerType
public interface Hook {

    /**
     * Called once before the first iteration. A hook that joins a running run gets this call before its first
     * iteration, with {@link TrainingContext#late()} true.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void beforeTrain(TrainingContext context) throws Exception {}

    /**
     * Called at the start of each epoch, in epoch mode.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void beforeTrainEpoch(TrainingContext context) throws Exception {}

    /**
     * Called before the forward pass of each micro-batch; the batch is already on the device.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void beforeTrainIter(TrainingContext context) throws Exception {}

    /**
     * Called after the forward pass and the loss. The optimizer hook does backward and step here, at level HIGH; what
     * runs at a lower priority sees the weights after the step.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void afterTrainIter(TrainingContext context) throws Exception {}

    /**
     * Called at the end of each epoch, in epoch mode.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void afterTrainEpoch(TrainingContext context) throws Exception {}

    /**
     * Called once at the end of the run, also after a failure or a stop.
     *
     * @param context the run
     * @throws Exception logged; never hides what failed the run first
     */
    default void afterTrain(TrainingContext context) throws Exception {}

    /**
     * Called after each real optimizer step, once for several accumulated micro-batches. This is the place for weight
     * averaging.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void afterOptimizerStep(TrainingContext context) throws Exception {}

    /**
     * Called before an evaluation pass; weights swapped in here are what is evaluated.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void beforeEvaluate(TrainingContext context) throws Exception {}

    /**
     * Called after an evaluation pass; its results are in {@link TrainingContext#metrics()}.
     *
     * @param context the run
     * @throws Exception handled by the hook's failure policy
     */
    default void afterEvaluate(TrainingContext context) throws Exception {}

    /**
     * Called on every hook when the run fails, before {@link #afterTrain}.
     *
     * @param context the run
     * @param failure what failed the run
     * @throws Exception logged; never hides {@code failure}
     */
    default void onException(TrainingContext context, Throwable failure) throws Exception {}
}
