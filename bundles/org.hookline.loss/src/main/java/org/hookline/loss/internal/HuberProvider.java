// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** Squared near zero, linear beyond delta (Huber, 1964), as {@code torch.nn.HuberLoss}. */
@Component(property = LossProvider.TYPE + "=huber")
public final class HuberProvider implements LossProvider {
    @Override
    public List<Option> options() {
        return List.of(Option.of("delta", Option.Type.NUMBER, 1.0, "where the loss becomes linear, above 0"));
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        TargetLosses.mustHaveTargets(options, samples);
        double delta = options.number("delta", 1e-12, Double.MAX_VALUE);
        return (labels, predictions) -> TargetLosses.huber(labels, predictions, delta);
    }
}
