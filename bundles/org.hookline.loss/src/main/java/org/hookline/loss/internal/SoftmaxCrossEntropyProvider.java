// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
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

/**
 * Mean cross entropy of logits and class indexes, as {@code torch.nn.CrossEntropyLoss}: one native call where
 * libtorch's own can be reached, otherwise DJL's operations with the same result.
 */
@Component(property = LossProvider.TYPE + "=softmax_cross_entropy")
public final class SoftmaxCrossEntropyProvider implements LossProvider {
    private final Torch torch;

    /**
     * Makes it.
     *
     * @param torch libtorch's own operations
     */
    @Activate
    public SoftmaxCrossEntropyProvider(@Reference Torch torch) {
        this.torch = torch;
    }

    @Override
    public List<Option> options() {
        return List.of(Option.of("label_smoothing", Option.Type.NUMBER, 0.0,
                "part of each label that is spread evenly over all classes, from 0 to below 1"));
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        if (!samples.isClassification()) {
            throw new UserError(options.owner() + " needs classes, and the data has numbers as targets; use mse, l1,"
                    + " huber, hinge or sigmoid_binary_cross_entropy");
        }
        double smoothing = options.number("label_smoothing", 0, 0.999);
        return (labels, predictions) -> evaluate(labels, predictions, smoothing);
    }

    private NDArray evaluate(NDArray labels, NDArray predictions, double smoothing) {
        return torch.has(Torch.Feature.CROSS_ENTROPY)
                ? torch.crossEntropy(predictions, labels, smoothing)
                : composed(labels, predictions, smoothing);
    }

    static NDArray composed(NDArray labels, NDArray predictions, double smoothing) {
        NDArray logs = predictions.logSoftmax(-1);
        NDArray likelihood = logs.gather(labels.expandDims(1), 1).mean();
        if (smoothing == 0) {
            return likelihood.neg();
        }
        return likelihood.mul((float) (smoothing - 1)).sub(logs.mean().mul((float) smoothing));
    }
}
