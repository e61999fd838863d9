// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Mean binary cross entropy of logits, as {@code torch.nn.BCEWithLogitsLoss}. With targets: each is a probability from
 * 0 to 1 (several labels a sample). With classes: each class is told from all others.
 */
@Component(property = LossProvider.TYPE + "=sigmoid_binary_cross_entropy")
public final class BinaryCrossEntropyProvider implements LossProvider {

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        if (!samples.isClassification()) {
            // -y log s(x) - (1 - y) log(1 - s(x)) = log(1 + e^x) - x y
            return (labels, predictions) -> {
                NDArray logits = TargetLosses.aligned(labels, predictions);
                return Activation.softPlus(logits).sub(logits.mul(labels)).mean();
            };
        }
        int classes = samples.classes().size();
        return (labels, predictions) -> {
            // The same, with y = 1 for the own class only.
            NDArray own = predictions.gather(labels.expandDims(1), 1).mean();
            return Activation.softPlus(predictions).mean().sub(own.div(classes));
        };
    }
}
