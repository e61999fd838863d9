// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.facet.Precision;

/** Whether a model fits the samples and the precision. */
final class ModelFit {
    /** Of the batch with which shapes are worked out; a batch of 1 would hide a mistake about the batch. */
    private static final int BATCH = 2;

    private ModelFit() {}

    /**
     * Works out what a model gives for the samples; no parameters are made.
     *
     * @param block not initialised
     * @param model its type, for messages
     * @param data the data set's type, for messages
     * @param samples the shape of the samples
     * @throws UserError if the shapes do not fit; one line with both
     */
    static void check(Block block, String model, String data, SampleSpec samples) {
        Shape input = new Shape(BATCH).addAll(samples.features());
        Shape[] output;
        try {
            output = block.getOutputShapes(new Shape[] {input});
        } catch (UserError e) {
            throw e;
        } catch (RuntimeException e) {
            throw new UserError("model " + model + " does not fit data " + data + ": it cannot take samples of shape "
                    + samples.features() + " (" + DjlRuntime.firstLine(e) + ")", e);
        }
        Shape wanted = new Shape(BATCH, samples.outputs());
        if (output.length != 1 || !output[0].equals(wanted)) {
            throw new UserError("model " + model + " does not fit data " + data + ": for samples of shape "
                    + samples.features() + " it gives " + show(output) + " for each, expected " + wanted.slice(1)
                    + (samples.isClassification() ? ", one for each class" : ", one for each target"));
        }
    }

    /**
     * Refuses a precision that would end the process: DJL's attention asks for the type of an array that is bfloat16
     * under autocast.
     *
     * @param block not initialised
     * @param model its type, for messages
     * @param precision in which it is to be trained; null where it is not known
     * @throws UserError if the block has an attention and the precision is bf16
     */
    static void check(Block block, String model, Precision.Type precision) {
        if (precision == Precision.Type.BF16 && hasAttention(block)) {
            throw new UserError("precision bf16 cannot be used with model " + model
                    + ": DJL's attention does not know bfloat16; use fp32 or fp16");
        }
    }

    private static boolean hasAttention(Block block) {
        return block instanceof ScaledDotProductAttentionBlock
                || block.getChildren().values().stream().anyMatch(ModelFit::hasAttention);
    }

    private static String show(Shape[] output) {
        return output.length == 1 && output[0].dimension() > 0 && output[0].get(0) == BATCH
                ? output[0].slice(1).toString()
                : java.util.Arrays.toString(output);
    }
}
