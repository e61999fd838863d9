// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The mathematics of a run, as the loop sees it. A trainer implements it. The loop calls every method on the training
 * thread, in this order: {@link #open}, then for each pass over the data {@link #beginEpoch}, then for each iteration
 * {@link #nextBatch}, {@link #forward}, {@link #endIteration}, and at last {@link #close}.
 */
@ConsumerType
public interface TrainingTask extends AutoCloseable {
    /** {@return the device in words, for example {@code cpu}} */
    String device();

    /** {@return the number of iterations of one pass over the training data; known before {@link #open}} */
    int iterationsPerEpoch();

    /**
     * Makes the model, its parameters and the optimizer.
     *
     * @param link what the loop offers to the task
     * @throws Exception fails the run
     */
    void open(TaskLink link) throws Exception;

    /** {@return the facets that the trainer offers to hooks, by type; asked for once, after {@link #open}} */
    Map<Class<?>, Object> facets();

    /**
     * Starts a pass over the training data, in an order that depends on the seed and the epoch alone.
     *
     * @param epoch from 0
     * @param skip the number of iterations of this pass to leave out, after a resume
     * @throws Exception fails the run
     */
    void beginEpoch(int epoch, int skip) throws Exception;

    /**
     * Waits for the next batch of this pass.
     *
     * @return the number of its samples
     * @throws Exception fails the run
     */
    int nextBatch() throws Exception;

    /**
     * Does the forward pass and the loss of the current batch and puts {@code loss} into the metrics.
     *
     * @throws Exception fails the run
     */
    void forward() throws Exception;

    /** Releases what belongs to the current batch. */
    void endIteration();

    /**
     * Reads scalars back from the device in one transfer.
     *
     * @param scalars arrays with one element each
     * @return their values
     */
    double[] read(List<NDArray> scalars);

    /** {@return a new scope for arrays on the run's device; the caller closes it} */
    NDManager newScope();

    @Override
    void close();
}
