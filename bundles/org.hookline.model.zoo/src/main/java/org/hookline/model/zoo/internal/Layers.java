// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.initializer.Initializer;
import java.util.List;
import org.hookline.torch.Torch;

/** Layers with their weights' start. */
final class Layers {
    private Layers() {}

    /**
     * A convolution without bias, for a batch norm behind it.
     *
     * @param torch computes it where the kernel is 3x3 and the stride 1
     * @param filters the number of output channels
     * @param kernel its height and width
     * @param stride along both axes
     * @param padding on all four sides
     */
    static Block convolution(Torch torch, int filters, int kernel, int stride, int padding) {
        return start(kernel == 3 && stride == 1 && padding == 1 ? new Convolution3x3(torch, filters)
                : convolution(filters, kernel, stride, padding, false), Weights.HE);
    }

    /** The same with a bias, and the start of its weights. */
    static Block convolution(int filters, int kernel, int padding, Initializer weights) {
        return start(convolution(filters, kernel, 1, padding, true), weights);
    }

    private static Conv2d convolution(int filters, int kernel, int stride, int padding, boolean bias) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .setFilters(filters)
                .optBias(bias)
                .build();
    }

    /** A batch norm with torch.nn's epsilon and momentum. */
    static Block batchNorm() {
        return BatchNorm.builder().optEpsilon(1e-5f).optMomentum(0.9f).build();
    }

    /**
     * Maximum pooling.
     *
     * @param torch computes it
     * @param window height and width
     * @param stride along both axes
     * @param padding on all four sides
     */
    static Block maxPool(Torch torch, int window, int stride, int padding) {
        Shape windows = new Shape(window, window);
        Shape strides = new Shape(stride, stride);
        Shape paddings = new Shape(padding, padding);
        return LambdaBlock.singleton(images -> torch.maxPool2d(images, windows, strides, paddings), "maxPool2d");
    }

    /**
     * ReLU and maximum pooling behind it, in the other order: the largest of rectified numbers is the rectified
     * largest, the gradient goes to the same one, and fewer numbers are rectified.
     *
     * @param maxPool the pooling
     * @return both, in the order in which to compute them
     */
    static List<Block> rectified(Block maxPool) {
        return List.of(maxPool, Activation.reluBlock());
    }

    static Block linear(long units, boolean bias, Initializer weights) {
        return start(Linear.builder().setUnits(units).optBias(bias).build(), weights);
    }

    /** The last layer of a model. */
    static Block output(long units) {
        return linear(units, true, Weights.OUTPUT);
    }

    /** Lets the last layer of a whole model start like {@link #output}. */
    static Block lastAsOutput(Block model) {
        BlockList children = model.getChildren();
        start(children.valueAt(children.size() - 1), Weights.OUTPUT);
        return model;
    }

    /** Sets the start of a block's weights; nothing else of it. */
    static <B extends Block> B start(B block, Initializer weights) {
        block.setInitializer(weights, Parameter.Type.WEIGHT);
        return block;
    }
}
