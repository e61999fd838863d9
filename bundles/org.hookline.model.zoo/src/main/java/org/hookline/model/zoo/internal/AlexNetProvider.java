// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.AlexNet;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * AlexNet (Krizhevsky, Sutskever and Hinton, 2012) as DJL's model zoo has it: no padding at the first convolution,
 * hence images of 67 pixels and more. 21 million weights and more.
 */
@Component(property = ModelProvider.TYPE + "=alexnet")
public final class AlexNetProvider implements ModelProvider {
    private static final int LEAST = 67;

    @Override
    public List<Option> options() {
        return List.of(Option.of("dropout", Option.Type.NUMBER, 0.5,
                "part of the units to leave out in training, from 0 to below 1"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST);
        float dropout = (float) options.number("dropout", 0, 0.999);
        return Layers.lastAsOutput(
                AlexNet.builder().setDropOutRate(dropout).setOutSize(samples.outputs()).build());
    }
}
