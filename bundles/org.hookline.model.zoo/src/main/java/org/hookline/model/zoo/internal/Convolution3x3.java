// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import org.hookline.torch.Torch;

/** DJL's convolution of 3x3 with stride 1, padding 1 and no bias, computed by {@link Torch#convolution3x3}. */
final class Convolution3x3 extends Conv2d {
    private static final Shape KERNEL = new Shape(3, 3);
    private static final Shape ONE = new Shape(1, 1);

    private final Torch torch;

    Convolution3x3(Torch torch, int filters) {
        super(new Builder(filters));
        this.torch = torch;
    }

    @Override
    protected NDList forwardInternal(ParameterStore parameters, NDList inputs, boolean training,
            PairList<String, Object> params) {
        NDArray images = inputs.singletonOrThrow();
        return new NDList(torch.convolution3x3(images, parameters.getValue(weight, images.getDevice(), training)));
    }

    private static final class Builder extends Conv2d.Builder {
        Builder(int filters) {
            setKernelShape(KERNEL);
            optStride(ONE);
            optPadding(ONE);
            setFilters(filters);
            optBias(false);
        }
    }
}
