// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
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

    /** The predictions in the labels' shape: (batch, 1) against (batch) would else be spread to (batch, batch). */
    static NDArray aligned(NDArray labels, NDArray predictions) {
        Shape shape = labels.getShape();
        return shape.equals(predictions.getShape()) ? predictions : predictions.reshape(shape);
    }

    static NDArray difference(NDArray labels, NDArray predictions) {
        return aligned(labels, predictions).sub(labels);
    }
}
