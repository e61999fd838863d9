// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Cross entropy of the softmax of the predictions with class indexes, as {@code torch.nn.functional.cross_entropy}: one
 * native operation where libtorch has it, otherwise DJL's operations with the same result.
 */
@Component(property = LossProvider.TYPE + "=softmax_cross_entropy")
public final class SoftmaxCrossEntropyProvider implements LossProvider {
    private final Torch torch;

    /**
     * Makes a provider.
     *
     * @param torch libtorch's own operation; null without it
     */
    @Activate
    public SoftmaxCrossEntropyProvider(@Reference(cardinality = ReferenceCardinality.OPTIONAL,
            policyOption = ReferencePolicyOption.GREEDY) Torch torch) {
        this.torch = torch;
    }

    @Override
    public List<Option> options() {
        return List.of(Option.of("label_smoothing", Option.Type.NUMBER, 0.0,
                "share of the target that is spread over all classes, from 0 to below 1"));
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        if (!samples.isClassification()) {
            throw new UserError(options.owner() + " needs classes, and the data has numbers as targets; use mse, l1 or"
                    + " huber");
        }
        double smoothing = options.number("label_smoothing", 0, 0.999999);
        if (torch != null && torch.has(Torch.Feature.CROSS_ENTROPY)) {
            return (labels, predictions) -> torch.crossEntropy(predictions, labels, smoothing);
        }
        return (labels, predictions) -> composed(labels, predictions, smoothing);
    }

    /** The mean of {@code -sum(target * logSoftmax(prediction))}. */
    static NDArray composed(NDArray labels, NDArray predictions, double smoothing) {
        NDArray logits = predictions.logSoftmax(1);
        NDArray own = logits.get(new NDIndex().addAllDim().addPickDim(labels.expandDims(1))).mean().neg();
        return smoothing == 0 ? own : own.mul((float) (1 - smoothing)).add(logits.mean().neg().mul((float) smoothing));
    }
}
