// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.NiN;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Network in network (Lin, Chen and Yan, 2013) as DJL's model zoo has it, for images of 67 pixels and more. Its outputs
 * are never negative: for classes only.
 */
@Component(property = ModelProvider.TYPE + "=nin")
public final class NinProvider implements ModelProvider {
    private static final int LEAST = 67;

    @Override
    public List<Option> options() {
        return List.of(Option.of("dropout", Option.Type.NUMBER, 0.5,
                "part of the units to leave out in training, from 0 to below 1"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST).forClasses(options, samples);
        float dropout = (float) options.number("dropout", 0, 0.999);
        return NiN.builder().setDropOutRate(dropout).setNumChannels(new int[] {96, 256, 384, samples.outputs()})
                .build();
    }
}
