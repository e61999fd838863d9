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
 * Hinge loss. With classes: the mean over batch and classes of {@code max(0, margin - x[y] + x[j])} for the classes j
 * other than y (Crammer and Singer, 2001; {@code torch.nn.MultiMarginLoss}). With targets, which must be -1 or 1: the
 * mean of {@code max(0, margin - y * x)}.
 */
@Component(property = LossProvider.TYPE + "=hinge")
public final class HingeProvider implements LossProvider {

    @Override
    public List<Option> options() {
        return List.of(Option.of("margin", Option.Type.NUMBER, 1.0, "distance that is asked for; above 0"));
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        float margin = (float) options.number("margin", 1e-6, 1e6);
        if (!samples.isClassification()) {
            return (labels, predictions) -> Activation
                    .relu(TargetLosses.aligned(labels, predictions).mul(labels).neg().add(margin)).mean();
        }
        int classes = samples.classes().size();
        return (labels, predictions) -> {
            NDArray own = predictions.gather(labels.expandDims(1), 1);
            // The own class adds the constant margin, which is taken off again.
            return Activation.relu(predictions.sub(own).add(margin)).mean().sub(margin / classes);
        };
    }
}
