// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** Mean absolute error, as {@code torch.nn.L1Loss}. */
@Component(property = LossProvider.TYPE + "=l1")
public final class MeanAbsoluteErrorProvider implements LossProvider {
    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        TargetLosses.mustHaveTargets(options, samples);
        return (labels, predictions) -> TargetLosses.difference(labels, predictions).abs().mean();
    }
}
