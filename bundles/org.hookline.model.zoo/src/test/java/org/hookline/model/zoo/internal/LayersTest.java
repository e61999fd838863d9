// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Function;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayersTest {
    private static final Torch TORCH = TorchLoader.load();

    private record Pass(float[] maxima, float[] gradient) {}

    @ParameterizedTest
    @CsvSource({"2, 2, 0", "3, 2, 1"})
    void poolingFirstGivesTheSameNumbersAndGradients(int window, int stride, int padding) {
        Function<Block, List<Block>> asWritten = pool -> List.of(Activation.reluBlock(), pool);
        Pass expected = pass(asWritten.apply(Layers.maxPool(TORCH, window, stride, padding)));
        Pass swapped = pass(Layers.rectified(Layers.maxPool(TORCH, window, stride, padding)));
        assertThat(swapped.maxima()).isEqualTo(expected.maxima());
        assertThat(swapped.gradient()).isEqualTo(expected.gradient());
        assertThat(expected.maxima()).as("windows without a number above zero").contains(0f);
    }

    /** Of whole numbers, so that many are alike, and many windows have none above zero. */
    private static Pass pass(List<Block> blocks) {
        Engine.getInstance().setRandomSeed(7);
        try (NDManager manager = NDManager.newBaseManager();
                NDArray images = manager.randomInteger(-9, 3, new Shape(3, 2, 12, 10), DataType.INT32)
                        .toType(DataType.FLOAT32, false)) {
            images.setRequiresGradient(true);
            NDArray maxima;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                maxima = new Chain().add(blocks).forward(new ParameterStore(manager, false), new NDList(images), true)
                        .singletonOrThrow();
                NDArray weights = manager.arange((float) maxima.size()).reshape(maxima.getShape());
                collector.backward(maxima.mul(weights).sum());
            }
            return new Pass(maxima.toFloatArray(), images.getGradient().toFloatArray());
        }
    }
}
