// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.SqueezeNet;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * SqueezeNet 1.1 (Iandola et al., 2016) as DJL's model zoo has it, for images of 17 pixels and more. Its outputs are
 * never negative: for classes only.
 */
@Component(property = ModelProvider.TYPE + "=squeezenet")
public final class SqueezeNetProvider implements ModelProvider {
    private static final int LEAST = 17;

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST).forClasses(options, samples);
        return SqueezeNet.squeezenet(samples.outputs());
    }
}
