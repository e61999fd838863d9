// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998): two convolutions of 5x5 with pooling of 2x2, then two hidden
 * layers; by default with ReLU and maximum pooling in place of the original's tanh and averages. Images of 28x28 are
 * padded by 2, as there; those smaller than 20 pixels are padded at the second convolution too, which carries it down
 * to 4x4.
 */
@Component(property = ModelProvider.TYPE + "=lenet")
public final class LeNetProvider implements ModelProvider {
    private static final int LEAST = 4;
    private static final int SMALL = 20;

    private final Torch torch;

    /**
     * Makes it.
     *
     * @param torch libtorch's own operations
     */
    @Activate
    public LeNetProvider(@Reference Torch torch) {
        this.torch = torch;
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("channels", Option.Type.INTEGERS, List.of(6, 16),
                        "channels of the first and the second convolution"),
                Option.of("hidden", Option.Type.INTEGERS, List.of(120, 84),
                        "units of each fully connected hidden layer"),
                Nonlinearity.option(),
                Option.choice("pool", List.of("max", "average"), "max", "kind of pooling behind each convolution"),
                Option.of("dropout", Option.Type.NUMBER, 0.0,
                        "part of the hidden units to leave out in training, from 0 to below 1"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        ImageShape image = ImageShape.of(options, samples, LEAST);
        List<Integer> channels = options.integers("channels");
        if (channels.size() != 2) {
            throw new UserError(options.owner() + ": option 'channels' has " + channels.size()
                    + " numbers, expected 2: one for each convolution");
        }
        Nonlinearity activation = Nonlinearity.of(options);
        float dropout = (float) options.number("dropout", 0, 0.999);
        boolean small = Math.min(image.height(), image.width()) < SMALL;
        SequentialBlock model = new Chain()
                .add(Layers.convolution(positive(options, "channels", channels.get(0)), 5, 2, activation.weights()))
                .add(pooled(activation, options))
                .add(Layers.convolution(positive(options, "channels", channels.get(1)), 5, small ? 2 : 0,
                        activation.weights()))
                .add(pooled(activation, options))
                .add(Blocks.batchFlattenBlock());
        for (int units : options.integers("hidden")) {
            model.add(Layers.linear(positive(options, "hidden", units), true, activation.weights()))
                    .add(activation.block());
            if (dropout > 0) {
                model.add(Dropout.builder().optRate(dropout).build());
            }
        }
        return model.add(Layers.output(samples.outputs()));
    }

    private static int positive(Options options, String name, int value) {
        if (value < 1) {
            throw new UserError(options.owner() + ": option '" + name + "' has " + value + ", expected 1 or more");
        }
        return value;
    }

    private List<Block> pooled(Nonlinearity activation, Options options) {
        if (!"max".equals(options.text("pool"))) {
            return List.of(activation.block(), Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)));
        }
        Block pool = Layers.maxPool(torch, 2, 2, 0);
        return activation == Nonlinearity.RELU ? Layers.rectified(pool) : List.of(activation.block(), pool);
    }
}
