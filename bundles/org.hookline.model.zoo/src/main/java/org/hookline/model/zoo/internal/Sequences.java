// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.training.initializer.NormalInitializer;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Options;

/**
 * Samples that are sequences of indexes in a vocabulary.
 *
 * @param steps indexes of a sample
 * @param vocabulary how many different ones there are
 */
record Sequences(int steps, int vocabulary) {
    private static final NDIndex LAST = new NDIndex(":, -1");
    private static final NDIndex LAST_ALONE = new NDIndex(":, -1:");

    /**
     * Takes samples as sequences of indexes.
     *
     * @param options of the model, for messages
     * @param samples what is to be trained on
     * @return their shape
     * @throws UserError if they have another shape, are no indexes, or have numbers as labels
     */
    static Sequences of(Options options, SampleSpec samples) {
        Shape shape = samples.features();
        if (shape.dimension() != 1) {
            throw new UserError(options.owner() + ": the samples have the shape " + shape + ", expected (context):"
                    + " indexes of characters, as the data set text has them; the model mlp takes any shape");
        }
        if (!samples.isClassification()) {
            throw new UserError(options.owner() + ": the labels are " + samples.outputs() + " numbers, expected the"
                    + " next index, as the data set text has it; the model mlp takes numbers");
        }
        if (samples.vocabulary() < 1) {
            throw new UserError(options.owner() + ": the samples are " + shape.get(0) + " numbers each, expected"
                    + " indexes of characters, as the data set text has them; the model mlp takes numbers");
        }
        return new Sequences(Math.toIntExact(shape.get(0)), samples.vocabulary());
    }

    /** The whole numbers of a batch: (batch, steps) as int64. They need no gradient, so that a cast cuts nothing. */
    static Block indexes() {
        return LambdaBlock.singleton(features -> features.toType(DataType.INT64, false), "indexes");
    }

    /** The numbers of the steps, from 0: (1, steps) as int64, whatever the batch. */
    static Block steps(int steps) {
        return LambdaBlock.singleton(
                features -> features.getManager().arange(0, steps, 1, DataType.INT64).reshape(1, steps), "positions");
    }

    /**
     * Values for each index: (batch, steps) to (batch, steps, size).
     *
     * @param indexes how many different ones there are
     * @param size values of each
     * @param deviation of the normal distribution with which they start
     */
    static Block embedding(int indexes, int size, float deviation) {
        // Its build() wants the words; here they are numbers already.
        return Layers.start(new TrainableWordEmbedding(
                TrainableWordEmbedding.builder().optNumEmbeddings(indexes).setEmbeddingSize(size)),
                new NormalInitializer(deviation));
    }

    /** What the last step has: (batch, steps, size) to (batch, size). */
    static Block last() {
        return LambdaBlock.singleton(sequence -> sequence.get(LAST), "last");
    }

    /** The last step as a sequence of one: (batch, steps, size) to (batch, 1, size). */
    static Block lastAlone() {
        return LambdaBlock.singleton(sequence -> sequence.get(LAST_ALONE), "last");
    }

    /** The mean over the steps: (batch, steps, size) to (batch, size). */
    static Block mean() {
        return LambdaBlock.singleton(sequence -> sequence.mean(new int[] {1}), "mean");
    }
}
