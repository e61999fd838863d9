// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.MobileNetV1;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * MobileNet (Howard et al., 2017) as DJL's model zoo has it. It divides the size by 32.
 */
@Component(property = ModelProvider.TYPE + "=mobilenet_v1")
public final class MobileNetV1Provider implements ModelProvider {
    private static final int LEAST = 8;

    @Override
    public List<Option> options() {
        return List.of(Option.of("width", Option.Type.NUMBER, 1.0,
                "factor on the number of channels of every layer, from 0.1 to 4"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST);
        float width = (float) options.number("width", 0.1, 4);
        return Layers.lastAsOutput(
                MobileNetV1.builder().optWidthMultiplier(width).setOutSize(samples.outputs()).build());
    }
}
