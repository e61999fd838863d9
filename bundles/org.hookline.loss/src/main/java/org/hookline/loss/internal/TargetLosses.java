// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Options;

/** What losses on target values share. */
final class TargetLosses {
    private TargetLosses() {}

    static void mustHaveTargets(Options options, SampleSpec samples) {
        if (samples.isClassification()) {
            throw new UserError(options.owner() + " needs numbers as targets, and the data has "
                    + samples.classes().size() + " classes; use softmax_cross_entropy");
        }
    }

    /** The predictions in the labels' shape: a model may give (batch, 1) or (batch). */
    static NDArray difference(NDArray labels, NDArray predictions) {
        return predictions.reshape(labels.getShape()).sub(labels);
    }

    /** Mean of 0.5 d^2 where |d| is below delta, otherwise delta (|d| - 0.5 delta): {@code torch.nn.HuberLoss}. */
    static NDArray huber(NDArray labels, NDArray predictions, double delta) {
        NDArray d = difference(labels, predictions).abs();
        NDArray inside = d.minimum(delta);
        // 0.5 inside^2 + delta (d - inside) is the same on both sides, without a branch.
        return inside.square().mul(0.5).add(d.sub(inside).mul(delta)).mean();
    }

    /** Mean of max(x, 0) - x y + log(1 + exp(-|x|)): {@code torch.nn.BCEWithLogitsLoss}. */
    static NDArray binaryCrossEntropy(NDArray labels, NDArray predictions) {
        NDArray x = predictions.reshape(labels.getShape());
        return x.maximum(0).sub(x.mul(labels)).add(x.abs().neg().exp().add(1).log()).mean();
    }
}
