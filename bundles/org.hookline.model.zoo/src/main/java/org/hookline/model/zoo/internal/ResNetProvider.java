// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.pooling.Pool;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Residual networks of 18, 34 and 50 layers (He, Zhang, Ren and Sun, 2015), with the stride on the 3x3 convolution of a
 * bottleneck as in torchvision. Images of 64 pixels and more start with the paper's 7x7 convolution of stride 2 and
 * pooling; smaller ones with a 3x3 convolution that keeps their size, as is usual for CIFAR.
 *
 * <p>Composed here: DJL's ResNetV1 has no 18, 34 or 50 layers for images up to 28 pixels, and for larger ones it makes
 * bottlenecks of the two shallow depths.
 */
@Component(property = ModelProvider.TYPE + "=resnet")
public final class ResNetProvider implements ModelProvider {
    private static final int LEAST = 8;
    private static final int LARGE = 64;

    private final Torch torch;

    /**
     * Makes it.
     *
     * @param torch libtorch's own operations
     */
    @Activate
    public ResNetProvider(@Reference Torch torch) {
        this.torch = torch;
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.choice("depth", List.of("18", "34", "50"), "18", "number of layers with weights"),
                Option.of("width", Option.Type.INTEGER, 64,
                        "channels of the first stage; each of the three further stages doubles them"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape image = ImageShape.of(options, samples, LEAST);
        int width = options.integer("width", 1, 4096);
        String depth = options.text("depth");
        boolean bottleneck = "50".equals(depth);
        List<Integer> units = "18".equals(depth) ? List.of(2, 2, 2, 2) : List.of(3, 4, 6, 3);

        Chain model = new Chain();
        if (Math.min(image.height(), image.width()) >= LARGE) {
            model.add(Layers.convolution(torch, width, 7, 2, 3)).add(Layers.batchNorm())
                    .add(Layers.rectified(Layers.maxPool(torch, 3, 2, 1)));
        } else {
            model.add(Layers.convolution(torch, width, 3, 1, 1)).add(Layers.batchNorm()).add(Activation.reluBlock());
        }
        int in = width;
        for (int stage = 0; stage < units.size(); stage++) {
            int inner = width << stage;
            int out = bottleneck ? 4 * inner : inner;
            for (int unit = 0; unit < units.get(stage); unit++) {
                int stride = stage > 0 && unit == 0 ? 2 : 1;
                model.add(residual(bottleneck ? deep(inner, out, stride) : shallow(inner, stride),
                        in == out && stride == 1 ? Blocks.identityBlock() : projection(out, stride)));
                in = out;
            }
        }
        return model.add(Pool.globalAvgPool2dBlock()).add(Blocks.batchFlattenBlock())
                .add(Layers.output(samples.outputs()));
    }

    private SequentialBlock shallow(int channels, int stride) {
        return new Chain()
                .add(Layers.convolution(torch, channels, 3, stride, 1))
                .add(Layers.batchNorm()).add(Activation.reluBlock())
                .add(Layers.convolution(torch, channels, 3, 1, 1)).add(Layers.batchNorm());
    }

    private SequentialBlock deep(int inner, int out, int stride) {
        return new Chain()
                .add(Layers.convolution(torch, inner, 1, 1, 0)).add(Layers.batchNorm()).add(Activation.reluBlock())
                .add(Layers.convolution(torch, inner, 3, stride, 1)).add(Layers.batchNorm()).add(Activation.reluBlock())
                .add(Layers.convolution(torch, out, 1, 1, 0)).add(Layers.batchNorm());
    }

    private SequentialBlock projection(int out, int stride) {
        return new Chain().add(Layers.convolution(torch, out, 1, stride, 0)).add(Layers.batchNorm());
    }

    private static Block residual(Block branch, Block shortcut) {
        return new ParallelBlock(ResNetProvider::joined, List.of(branch, shortcut));
    }

    private static NDList joined(List<NDList> branches) {
        NDArray sum = branches.get(0).singletonOrThrow().add(branches.get(1).singletonOrThrow());
        return new NDList(Activation.relu(sum));
    }
}
