// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import ai.djl.ndarray.NDManager;
import java.util.Optional;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.Precision;
import org.hookline.api.facet.Stepper;
import org.hookline.api.facet.Weights;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a hook sees of the run that calls it. Each hook has a context of its own.
 *
 * <p>To be used on the training thread, during a call, except where a method says otherwise. After the run, and after
 * the hook left it, every method throws {@link IllegalStateException}.
 */
@ProviderType
public interface TrainingContext {

    /** {@return where the run is; live, for any thread} */
    Progress progress();

    /** {@return the scalars of the run and their history} */
    Metrics metrics();

    /** {@return the run's name, folder and effective configuration; for any thread} */
    RunInfo run();

    /** {@return the hooks of the run, in order, with what they cost; for any thread} */
    Hooks hooks();

    /** {@return where hooks hand data to one another} */
    SharedData shared();

    /** {@return the name of the hook that this context was given to} */
    String hookName();

    /** {@return true where this hook joined after the run had started} */
    boolean late();

    /**
     * Asks the run to end after this iteration; {@code afterTrain} follows. May be called on any thread; the first
     * reason counts.
     *
     * @param reason in a few words, for the log and {@code events.jsonl}
     */
    void stop(String reason);

    /**
     * Tells whether the run was asked to end, and why: a signal such as {@code SIGINT} leaves little time for what a
     * hook does in {@code afterTrain}. For any thread.
     *
     * @return the first reason that was given, or empty where the run goes on or came to its end
     */
    default Optional<String> stopReason() {
        return Optional.empty();
    }

    /**
     * Asks for a checkpoint at the end of this iteration, by whichever hook writes them. May be called on any thread.
     *
     * @param reason in a few words, for the log and {@code events.jsonl}
     */
    void checkpoint(String reason);

    /**
     * Records an event of the hook's own in the run's {@code events.jsonl}; for any thread.
     *
     * @param type in a few words, for example {@code checkpoint}
     * @param details what belongs to it, JDK types only
     */
    void event(String type, java.util.Map<String, ?> details);

    /**
     * Gives a part of the trainer.
     *
     * @param <F> the facet's type
     * @param type the facet's type
     * @return the facet
     * @throws IllegalStateException if the trainer does not offer it; the message names the hook and the facet
     */
    <F> F facet(Class<F> type);

    /**
     * Gives a part of the trainer, where there is one.
     *
     * @param <F> the facet's type
     * @param type the facet's type
     * @return the facet, or empty
     */
    <F> Optional<F> findFacet(Class<F> type);

    /**
     * Gives a scope for arrays that live for this call only: it is closed when the hook's method returns.
     *
     * @return a manager on the run's device
     */
    NDManager manager();

    /** {@return the facet for gradients} */
    default Gradients gradients() {
        return facet(Gradients.class);
    }

    /** {@return the facet for the optimizer step} */
    default Stepper stepper() {
        return facet(Stepper.class);
    }

    /** {@return the facet for parameters and buffers} */
    default Weights weights() {
        return facet(Weights.class);
    }

    /** {@return the facet for mixed precision} */
    default Precision precision() {
        return facet(Precision.class);
    }

    /** {@return the facet for evaluation} */
    default Evaluation evaluation() {
        return facet(Evaluation.class);
    }
}
