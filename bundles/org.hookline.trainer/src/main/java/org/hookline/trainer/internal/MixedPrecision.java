// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.api.facet.Precision;
import org.hookline.api.options.Nearest;
import org.hookline.torch.Torch;

/**
 * Mixed precision by libtorch's autocast. DJL ends the process when it is asked for the type of a bfloat16 array, so
 * predictions are widened before anything but the model sees them. Training thread only.
 */
final class MixedPrecision implements Precision {
    private final Torch torch;
    private final String missing;
    private final boolean gpu;
    private final NDArray one;
    private Type type;

    /**
     * Starts in a precision.
     *
     * @param type in which forward passes compute
     * @param torch for autocast, if there is any
     * @param owner of the arrays, on the device
     */
    MixedPrecision(Type type, Optional<Torch> torch, NDManager owner) {
        this.torch = torch.filter(t -> t.has(Torch.Feature.AUTOCAST)).orElse(null);
        this.missing = missing(torch);
        this.gpu = owner.getDevice().isGpu();
        // One dimension: a scalar would not make the product wider.
        this.one = owner.ones(new Shape(1));
        this.type = Type.FP32;
        setType(type);
    }

    private static String missing(Optional<Torch> torch) {
        return torch.map(t -> t.missing(Torch.Feature.AUTOCAST).map(m -> "this libtorch lacks " + m).orElse(""))
                .orElse("the bundle org.hookline.torch is not there");
    }

    /**
     * Reads the precision of a run file.
     *
     * @param text {@code fp32}, {@code fp16} or {@code bf16}
     * @param torch for autocast, if there is any
     * @return the precision
     * @throws UserError if it cannot be read or done
     */
    static Type parse(String text, Optional<Torch> torch) {
        Type type = switch (text.strip()) {
            case "fp32" -> Type.FP32;
            case "fp16" -> Type.FP16;
            case "bf16" -> Type.BF16;
            default -> throw new UserError("precision is '" + text + "', which is not known"
                    + Nearest.suggest(text, java.util.List.of("fp32", "fp16", "bf16")));
        };
        if (type != Type.FP32 && !torch.map(t -> t.has(Torch.Feature.AUTOCAST)).orElse(false)) {
            throw new UserError("precision " + text + " needs autocast, but " + missing(torch) + "; use fp32");
        }
        return type;
    }

    @Override
    public Type type() {
        return type;
    }

    @Override
    public void setType(Type newType) {
        if (newType != Type.FP32 && torch == null) {
            throw new IllegalStateException("precision " + newType + " needs autocast, but " + missing);
        }
        type = newType;
    }

    /** {@return a stretch of autocast, or null in full precision} */
    Torch.AutocastScope enter() {
        return switch (type) {
            case FP32 -> null;
            case FP16 -> torch.setAutocast(Torch.AutocastType.FLOAT16, gpu);
            case BF16 -> torch.setAutocast(Torch.AutocastType.BFLOAT16, gpu);
        };
    }

    /**
     * Gives predictions in float32. DJL's own conversion has no gradient; a product with a float32 array does.
     *
     * @param predictions of a forward pass under {@link #enter}
     * @return the same values in float32
     */
    NDArray widen(NDArray predictions) {
        return type == Type.FP32 ? predictions : predictions.mul(one);
    }
}
