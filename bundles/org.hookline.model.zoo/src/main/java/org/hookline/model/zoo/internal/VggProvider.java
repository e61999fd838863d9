// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.basicmodelzoo.cv.classification.VGG;
import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * VGG with 11, 13, 16 or 19 layers (Simonyan and Zisserman, 2014) as DJL's model zoo has it, for images of 32 pixels
 * and more. 28 million weights and more.
 */
@Component(property = ModelProvider.TYPE + "=vgg")
public final class VggProvider implements ModelProvider {
    private static final int LEAST = 32;

    @Override
    public List<Option> options() {
        return List.of(Option.choice("depth", List.of("11", "13", "16", "19"), "11", "number of layers with weights"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape.of(options, samples, LEAST);
        int depth = Integer.parseInt(options.text("depth"));
        int[] convolutions = switch (depth) {
            case 11 -> new int[] {1, 1, 2, 2, 2};
            case 13 -> new int[] {2, 2, 2, 2, 2};
            case 16 -> new int[] {2, 2, 3, 3, 3};
            default -> new int[] {2, 2, 4, 4, 4};
        };
        int[] channels = {64, 128, 256, 512, 512};
        int[][] stages = new int[channels.length][];
        for (int i = 0; i < stages.length; i++) {
            stages[i] = new int[] {convolutions[i], channels[i]};
        }
        return Layers.lastAsOutput(
                VGG.builder().setNumLayers(depth).setConvArch(stages).setOutSize(samples.outputs()).build());
    }
}
