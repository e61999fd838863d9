// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Mean of {@code e * e / 2} for errors up to delta and of {@code delta * (|e| - delta / 2)} for larger ones (Huber,
 * 1964; {@code torch.nn.HuberLoss}).
 */
@Component(property = LossProvider.TYPE + "=huber")
public final class HuberProvider implements LossProvider {

    @Override
    public List<Option> options() {
        return List.of(Option.of("delta", Option.Type.NUMBER, 1.0,
                "size of an error above which it counts linearly; above 0"));
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        TargetLosses.mustHaveTargets(options, samples);
        double delta = options.number("delta", Double.MIN_NORMAL, Double.MAX_VALUE);
        return (labels, predictions) -> {
            NDArray size = TargetLosses.difference(labels, predictions).abs();
            NDArray capped = size.minimum((float) delta);
            // c * (|e| - c / 2) with c = min(|e|, delta) is both branches at once.
            return capped.mul(size.sub(capped.mul(0.5f))).mean();
        };
    }
}
