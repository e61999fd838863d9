// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hookline.torch.SelfAttentionBlock.Queries;
import org.hookline.torch.Torch.AutocastType;
import org.hookline.torch.Torch.Feature;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against DJL's block with the same weights: what comes out, and all gradients. */
class SelfAttentionBlockTest {
    private static final Torch TORCH = TorchLoader.load();
    /** Behind the output, the input's gradient and that of the keys' weights. */
    private static final int KEYS_BIAS = 3;

    private static final Torch NOTHING = TorchLoader.open(Path.of("none"));

    private NDManager manager;
    private ParameterStore store;

    @BeforeEach
    void open() {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        store = new ParameterStore(manager, false);
        JniUtils.setGradMode(false);
        Engine.getEngine("PyTorch").setRandomSeed(11);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** What a pass gave: the output and the gradients of the input and of all parameters, as float32. */
    private record Pass(Shape shape, List<float[]> values) {}

    /** The loss weighs each output differently: of a plain sum many gradients are 0. */
    private Pass pass(Block block, NDArray input, boolean training, boolean lastStep, AutocastType autocast) {
        NDArray leaf = input.duplicate();
        leaf.setRequiresGradient(true);
        JniUtils.setGradMode(true);
        NDArray output;
        Torch.AutocastScope scope = autocast == null ? null : TORCH.setAutocast(autocast, false);
        try {
            output = block.forward(store, new NDList(leaf), training).singletonOrThrow();
        } finally {
            if (scope != null) {
                scope.close();
            }
        }
        NDArray step = lastStep ? output.get(":, -1:") : output;
        NDArray wide = step.mul(manager.ones(new Shape(1)));
        NDArray weights = manager.arange(wide.size()).reshape(wide.getShape()).sin();
        NDArray loss = wide.mul(weights).sum();
        JniUtils.setGradMode(false);
        JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
        List<float[]> values = new ArrayList<>(List.of(wide.toFloatArray(), leaf.getGradient().toFloatArray()));
        for (Pair<String, Parameter> p : block.getParameters()) {
            NDArray gradient = p.getValue().getArray().getGradient();
            values.add(gradient.toFloatArray());
            gradient.muli(0);
        }
        return new Pass(wide.getShape(), values);
    }

    private static void same(Pass actual, Pass expected, double tolerance) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.values()).hasSameSizeAs(expected.values());
        // The gradient of the keys' bias is 0 but for rounding: it moves all weights of a query alike.
        float largest = largest(expected.values().toArray(float[][]::new));
        for (int i = 0; i < actual.values().size(); i++) {
            float[] wanted = expected.values().get(i);
            float scale = i == KEYS_BIAS ? largest : largest(wanted);
            assertThat(actual.values().get(i)).as("values %d of 10", i)
                    .containsExactly(wanted, within((float) tolerance * scale));
        }
    }

    private static float largest(float[]... arrays) {
        float most = 0;
        for (float[] array : arrays) {
            for (float value : array) {
                most = Math.max(most, Math.abs(value));
            }
        }
        return most;
    }

    private SelfAttentionBlock ours(Torch torch, int width, int heads, float dropout, Queries queries, Block like) {
        SelfAttentionBlock block = new SelfAttentionBlock(torch, width, heads, dropout, queries);
        block.initialize(manager, DataType.FLOAT32, new Shape(3, 7, width));
        if (like != null) {
            assertThat(block.getParameters().keys()).isEqualTo(like.getParameters().keys());
            for (int i = 0; i < 8; i++) {
                like.getParameters().valueAt(i).getArray().copyTo(block.getParameters().valueAt(i).getArray());
            }
        }
        return block;
    }

    private ScaledDotProductAttentionBlock djls(int width, int heads, float dropout) {
        ScaledDotProductAttentionBlock block = ScaledDotProductAttentionBlock.builder().setEmbeddingSize(width)
                .setHeadCount(heads).optAttentionProbsDropoutProb(dropout).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(3, 7, width));
        // Biases start at 0, which would hide a mistake about them.
        for (Parameter p : block.getParameters().values()) {
            try (NDArray values = manager.randomNormal(p.getArray().getShape())) {
                p.getArray().addi(values.muli(0.3f));
            }
        }
        return block;
    }

    private static Torch torch(boolean there) {
        return there ? TORCH : NOTHING;
    }

    @ParameterizedTest
    @CsvSource({"true, 12, 1, 7", "true, 12, 3, 7", "true, 64, 4, 50", "false, 12, 3, 7", "false, 64, 4, 50"})
    void theResultAndAllGradientsAreThoseOfDjlsBlock(boolean there, int width, int heads, int steps) {
        assertThat(torch(there).has(Feature.ATTENTION)).isEqualTo(there);
        ScaledDotProductAttentionBlock djls = djls(width, heads, 0);
        SelfAttentionBlock ours = ours(torch(there), width, heads, 0, Queries.ALL, djls);
        NDArray input = manager.randomNormal(new Shape(5, steps, width));
        for (boolean training : new boolean[] {true, false}) {
            same(pass(ours, input, training, false, null), pass(djls, input, training, false, null), 1e-4);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whereOnlyTheLastStepAttendsItsResultAndGradientsAreTheSame(boolean there) {
        ScaledDotProductAttentionBlock djls = djls(12, 3, 0);
        SelfAttentionBlock ours = ours(torch(there), 12, 3, 0, Queries.LAST, djls);
        NDArray input = manager.randomNormal(new Shape(5, 7, 12));
        assertThat(ours.getOutputShapes(new Shape[] {input.getShape()})).containsExactly(new Shape(5, 1, 12));
        same(pass(ours, input, true, false, null), pass(djls, input, true, true, null), 1e-4);
    }

    /** 300 steps are more than plain operations are used for. Without the operation it is not DJL's block either. */
    @ParameterizedTest
    @CsvSource({"BFLOAT16, true, 20, 0.05", "BFLOAT16, true, 300, 0.05", "BFLOAT16, false, 20, 0.05",
            "FLOAT16, true, 20, 0.03", "FLOAT16, true, 300, 0.03", "FLOAT16, false, 20, 0.03"})
    void inHalfPrecisionItIsNearlyTheSame(AutocastType type, boolean there, int steps, double tolerance) {
        ScaledDotProductAttentionBlock djls = djls(32, 4, 0);
        NDArray input = manager.randomNormal(new Shape(2, steps, 32));
        for (Queries queries : Queries.values()) {
            SelfAttentionBlock ours = ours(torch(there), 32, 4, 0, queries, djls);
            same(pass(ours, input, true, false, type),
                    pass(djls, input, true, queries == Queries.LAST, null), tolerance);
        }
    }

    @ParameterizedTest
    @CsvSource({"true,", "false,", "true, BFLOAT16", "false, BFLOAT16"})
    void dropoutIsForTrainingAndByTheSeed(boolean there, AutocastType type) {
        SelfAttentionBlock ours = ours(torch(there), 12, 3, 0.5f, Queries.ALL, djls(12, 3, 0.5f));
        SelfAttentionBlock without = ours(torch(there), 12, 3, 0, Queries.ALL, ours);
        NDArray input = manager.randomNormal(new Shape(5, 7, 12));
        Pass whole = pass(without, input, true, false, type);
        same(pass(ours, input, false, false, type), whole, 1e-6);
        Engine.getEngine("PyTorch").setRandomSeed(3);
        Pass one = pass(ours, input, true, false, type);
        Pass other = pass(ours, input, true, false, type);
        Engine.getEngine("PyTorch").setRandomSeed(3);
        Pass again = pass(ours, input, true, false, type);
        assertThat(one.values().getFirst()).isNotEqualTo(whole.values().getFirst())
                .isNotEqualTo(other.values().getFirst());
        assertThat(again.values()).usingRecursiveComparison().isEqualTo(one.values());
    }

    /** Half of the weights are left out and the others doubled: with values of 1 their sum is 1 on average. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void dropoutLeavesOutThePartThatWasAskedFor(boolean there) {
        SelfAttentionBlock ours = ours(torch(there), 1, 1, 0.25f, Queries.ALL, null);
        for (Pair<String, Parameter> p : ours.getParameters()) {
            boolean one = p.getKey().equals("03valueProjection_bias") || p.getKey().equals("04resultProjection_weight");
            p.getValue().getArray().muli(0).addi(one ? 1 : 0);
        }
        NDArray input = manager.randomNormal(new Shape(200, 8, 1));
        float[] sums = ours.forward(store, new NDList(input), true).singletonOrThrow().toFloatArray();
        double mean = 0;
        double variance = 0;
        for (float sum : sums) {
            mean += sum / sums.length;
            variance += (sum - 1) * (sum - 1) / sums.length;
        }
        assertThat(mean).isCloseTo(1, within(0.03));
        // Of 8 weights of 1/8, each kept with 3/4 and then 4/3 as large: 8 (1/8)^2 (1 / 0.75 - 1).
        assertThat(variance).isCloseTo(1 / 24.0, within(0.006));
    }

    @Test
    void numbersThatCanNotBeAreRefused() {
        assertThatThrownBy(() -> new SelfAttentionBlock(TORCH, 10, 4, 0, Queries.ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width is 10 and heads 4, expected a width that is a multiple of the heads");
        assertThatThrownBy(() -> new SelfAttentionBlock(TORCH, 8, 4, 1, Queries.ALL))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("dropout is 1.0");
        SelfAttentionBlock block = new SelfAttentionBlock(TORCH, 8, 4, 0, Queries.ALL);
        assertThatThrownBy(() -> block.getOutputShapes(new Shape[] {new Shape(2, 5, 9)}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("expected (batch, steps, 8)");
    }
}
