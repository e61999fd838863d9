// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** Mean of max(0, 1 - y p) for targets of -1 and 1. */
@Component(property = LossProvider.TYPE + "=hinge")
public final class HingeProvider implements LossProvider {
    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        TargetLosses.mustHaveTargets(options, samples);
        return (labels, predictions) ->
                predictions.reshape(labels.getShape()).mul(labels).neg().add(1).maximum(0).mean();
    }
}
