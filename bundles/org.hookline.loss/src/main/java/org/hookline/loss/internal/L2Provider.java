// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** Another name of {@link MeanSquaredErrorProvider mse}; without the factor 1/2 that some give this name. */
@Component(property = LossProvider.TYPE + "=l2")
public final class L2Provider implements LossProvider {
    private final MeanSquaredErrorProvider mse = new MeanSquaredErrorProvider();

    @Override
    public List<Option> options() {
        return mse.options();
    }

    @Override
    public Loss create(Options options, SampleSpec samples) {
        return mse.create(options, samples);
    }
}
