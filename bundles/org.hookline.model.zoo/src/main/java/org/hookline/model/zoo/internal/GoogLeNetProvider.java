// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.GoogLeNet;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * GoogLeNet (Szegedy et al., 2014) as DJL's model zoo has it: without auxiliary classifiers and batch norms. It divides
 * the size by 32, so that images of less than 32 pixels end in a single one; they work, but learn little.
 */
@Component(property = ModelProvider.TYPE + "=googlenet")
public final class GoogLeNetProvider implements ModelProvider {
    private static final int LEAST = 8;

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST);
        return Layers.lastAsOutput(GoogLeNet.builder().setOutSize(samples.outputs()).build());
    }
}
