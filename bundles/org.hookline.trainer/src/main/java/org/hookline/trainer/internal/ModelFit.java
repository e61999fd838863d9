// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.recurrent.LSTM;
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
     * Refuses a precision in which a model cannot be trained. DJL's attention asks for the type of an array that is
     * bfloat16 under autocast, which would end the process; oneDNN, which has the LSTM of a CPU, has no backward pass
     * for float16.
     *
     * @param block not initialised
     * @param model its type, for messages
     * @param precision in which it is to be trained; null where it is not known
     * @param device on which it is to be trained; null where it is not known
     * @throws UserError if the block has a layer that cannot be trained so
     */
    static void check(Block block, String model, Precision.Type precision, Device device) {
        if (precision == Precision.Type.BF16 && has(block, ScaledDotProductAttentionBlock.class)) {
            throw new UserError("precision bf16 cannot be used with model " + model
                    + ": DJL's attention does not know bfloat16; use fp32 or fp16");
        }
        if (precision == Precision.Type.FP16 && device != null && !device.isGpu() && has(block, LSTM.class)) {
            throw new UserError("precision fp16 cannot be used with model " + model
                    + " on a CPU: an LSTM of float16 cannot be trained there; use fp32 or bf16");
        }
    }

    private static boolean has(Block block, Class<? extends Block> kind) {
        return kind.isInstance(block) || block.getChildren().values().stream().anyMatch(child -> has(child, kind));
    }

    private static String show(Shape[] output) {
        return output.length == 1 && output[0].dimension() > 0 && output[0].get(0) == BATCH
                ? output[0].slice(1).toString()
                : java.util.Arrays.toString(output);
    }
}
