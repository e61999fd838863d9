// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.GradientSlots;
import org.hookline.torch.Torch.LeafSteps;
import org.hookline.torch.TorchLoader;
import org.hookline.torch.internal.FusedSteps.Piece;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FusedStepsTest {
    /** Large, small, small, large with a rest that no vector fills, at the end. */
    private static final int[] SIZES = {16_384, 37, 11, 20_003};

    private static Torch torch;

    private NDManager manager;
    private int threadsBefore;
    private final List<NDArray> leaves = new ArrayList<>();
    private NDArray flat;

    @BeforeAll
    static void load() {
        torch = TorchLoader.load();
    }

    @BeforeEach
    void open() {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        JniUtils.setGradMode(true);
        threadsBefore = torch.threads();
        torch.setThreads(1);
        int total = 0;
        for (int size : SIZES) {
            NDArray leaf = manager.zeros(new Shape(size));
            leaf.setRequiresGradient(true);
            leaves.add(leaf);
            total += size;
        }
        flat = manager.zeros(new Shape(total));
    }

    @AfterEach
    void close() {
        torch.setThreads(threadsBefore);
        manager.close();
    }

    private NDArray random(long seed, long size) {
        float[] values = new float[(int) size];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return manager.create(values);
    }

    /** Leaves the leaves with random gradients. */
    private void backward(GradientSlots slots, long seed, boolean all) {
        slots.clear();
        NDList losses = new NDList();
        for (int i = 0; i < (all ? SIZES.length : 2); i++) {
            losses.add(leaves.get(i).mul(random(seed + i, SIZES[i])).sum());
        }
        NDArray loss = losses.stream().reduce(NDArray::add).orElseThrow();
        JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
    }

    private static int[] bits(NDArray array) {
        float[] values = array.toFloatArray();
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    @Test
    void piecesEndWhereNoVectorIsCut() {
        assertThat(FusedSteps.pieces(new long[] {64, 16, 48, 10}, 4 * 48)).containsExactly(new Piece(0, 0, 64),
                new Piece(-1, 64, 80), new Piece(2, 80, 128), new Piece(-1, 128, 138));
        assertThat(FusedSteps.pieces(new long[] {64, 6, 48, 10}, 4 * 48)).containsExactly(new Piece(0, 0, 64),
                new Piece(-1, 64, 128));
        assertThat(FusedSteps.pieces(new long[] {6, 48}, 4 * 48)).containsExactly(new Piece(-1, 0, 54));
        assertThat(FusedSteps.pieces(new long[] {16, 50}, 4 * 48)).containsExactly(new Piece(-1, 0, 16),
                new Piece(1, 16, 66));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void adamIsToTheBitThatOfTheWholeArray(boolean decoupled) {
        NDArray[] mine = new NDArray[3];
        NDArray[] other = new NDArray[3];
        for (int i = 0; i < 3; i++) {
            mine[i] = i == 0 ? random(9, flat.size()) : manager.zeros(flat.getShape());
            other[i] = mine[i].duplicate();
        }
        NDArray step = manager.zeros(new Shape());
        try (GradientSlots slots = torch.gradientSlots(leaves, flat);
                LeafSteps steps = slots.steps(mine[0], List.of(mine[1], mine[2]), step).orElseThrow()) {
            for (int i = 0; i < 5; i++) {
                backward(slots, 100 * i, true);
                step.addi(manager.full(new Shape(), 1, DataType.FLOAT32));
                assertThat(steps.adam(decoupled, 0.01, 0.9, 0.999, 1e-8, 0.1)).isTrue();
                assertThat(flat.getFloat(0)).as("a large gradient stays where it is").isZero();
                assertThat(flat.getFloat(SIZES[0])).as("a small one is gathered").isNotZero();
                // Gathers into the same array, so that the next round starts from zero there again.
                slots.gather();
                if (decoupled) {
                    torch.adamW(other[0], flat, other[1], other[2], step, 0.01, 0.9, 0.999, 1e-8, 0.1);
                } else {
                    torch.adam(other[0], flat, other[1], other[2], step, 0.01, 0.9, 0.999, 1e-8, 0.1);
                }
                slots.clear();
                slots.gather();
            }
        }
        for (int i = 0; i < 3; i++) {
            assertThat(bits(mine[i])).isEqualTo(bits(other[i]));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.9})
    void sgdIsToTheBitThatOfTheWholeArray(double momentum) {
        NDArray mine = random(9, flat.size());
        NDArray other = mine.duplicate();
        NDArray mineBuffer = manager.zeros(flat.getShape());
        NDArray otherBuffer = mineBuffer.duplicate();
        List<NDArray> state = momentum == 0 ? List.of() : List.of(mineBuffer);
        try (GradientSlots slots = torch.gradientSlots(leaves, flat);
                LeafSteps steps = slots.steps(mine, state, null).orElseThrow()) {
            for (int i = 0; i < 4; i++) {
                backward(slots, 100 * i, true);
                boolean nesterov = momentum != 0;
                assertThat(steps.sgd(0.01, momentum, 0, 0.1, nesterov, i == 0)).isTrue();
                slots.gather();
                torch.sgd(other, flat, momentum == 0 ? null : otherBuffer, 0.01, momentum, 0, 0.1, nesterov, i == 0);
            }
        }
        assertThat(bits(mine)).isEqualTo(bits(other));
        assertThat(bits(mineBuffer)).isEqualTo(bits(otherBuffer));
    }

    @Test
    void whereALargeLeafHasNoGradientNothingIsDone() {
        NDArray parameter = random(9, flat.size());
        int[] before = bits(parameter);
        try (GradientSlots slots = torch.gradientSlots(leaves, flat);
                LeafSteps steps = slots.steps(parameter, List.of(), null).orElseThrow()) {
            backward(slots, 1, false);
            assertThat(steps.sgd(0.01, 0, 0, 0, false, false)).isFalse();
            assertThat(bits(parameter)).isEqualTo(before);
            steps.close();
            steps.close();
            assertThatThrownBy(() -> steps.sgd(0.01, 0, 0, 0, false, false)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void stepsRefuseWhatDoesNotFit() {
        try (GradientSlots slots = torch.gradientSlots(leaves, flat)) {
            NDArray shorter = manager.zeros(new Shape(flat.size() - 1));
            assertThatThrownBy(() -> slots.steps(shorter, List.of(), null))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("parameter has shape");
            NDArray parameter = manager.zeros(flat.getShape());
            try (LeafSteps steps = slots.steps(parameter, List.of(), null).orElseThrow()) {
                assertThatThrownBy(() -> steps.adam(true, 0.1, 0.9, 0.9, 1e-8, 0))
                        .isInstanceOf(IllegalStateException.class).hasMessageContaining("0 states");
                assertThatThrownBy(() -> steps.sgd(-1, 0, 0, 0, false, false))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            torch.setThreads(2);
            assertThat(slots.steps(parameter, List.of(), null)).as("small for two threads").isEmpty();
        }
    }

    @Test
    void theNormIsTheSameWhereverTheGradientsLie() {
        try (GradientSlots slots = torch.gradientSlots(leaves, flat)) {
            for (boolean all : new boolean[] {true, false}) {
                backward(slots, 5, all);
                double norm = slots.norm(false).orElseThrow();
                slots.gather();
                assertThat(slots.norm(true).orElseThrow()).isEqualTo(norm);
                double sum = 0;
                for (float value : flat.toFloatArray()) {
                    sum += (double) value * value;
                }
                assertThat((float) norm).isEqualTo((float) Math.sqrt(sum));
            }
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 3e38f}) {
                flat.set(new ai.djl.ndarray.index.NDIndex(7), bad);
                assertThat(slots.norm(true)).hasValue(Float.isNaN(bad) ? Double.NaN : Double.POSITIVE_INFINITY);
            }
        }
    }

    @Test
    void scalarsOfTheHostAreRead() {
        double[] values = new double[3];
        assertThat(torch.read(List.of(manager.full(new Shape(), 1.5f, DataType.FLOAT32),
                manager.create(new double[] {Math.PI}), manager.create(new float[] {-2, 3}).get(1)), values)).isTrue();
        assertThat(values).containsExactly(1.5, Math.PI, 3);
        assertThat(torch.read(List.of(manager.create(new long[] {1})), new double[1])).isFalse();
    }
}
