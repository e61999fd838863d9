// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.MobileNetV2;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * MobileNetV2 (Sandler et al., 2018) as DJL's model zoo has it: its first convolution is 1x1 with stride 2, so that it
 * sees every fourth pixel.
 */
@Component(property = ModelProvider.TYPE + "=mobilenet_v2")
public final class MobileNetV2Provider implements ModelProvider {
    private static final int LEAST = 8;

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST);
        return MobileNetV2.builder().setOutSize(samples.outputs()).build();
    }
}
