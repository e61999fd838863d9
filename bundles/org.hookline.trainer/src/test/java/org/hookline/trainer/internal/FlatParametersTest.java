// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.pytorch.jni.JniUtils;
import org.hookline.api.UserError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlatParametersTest {
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = DjlRuntime.newScope(Device.cpu());
        JniUtils.setGradMode(false);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static SequentialBlock model() {
        return new SequentialBlock().add(TestParts.linear(4)).add(BatchNorm.builder().build()).add(Activation::relu)
                .add(new SequentialBlock().add(TestParts.linear(3)).add(TestParts.linear(2)));
    }

    private FlatParameters create(Block block, long seed) {
        return FlatParameters.create(block, new Shape(8, 5), seed, manager);
    }

    @Test
    void parametersAreNamedByTheirPathInTheOrderOfTheModel() {
        FlatParameters parameters = create(model(), 1);
        assertThat(parameters.segments().stream().map(FlatParameters.Segment::name)).containsExactly(
                "01Linear.weight", "01Linear.bias", "02BatchNorm.gamma", "02BatchNorm.beta",
                "04SequentialBlock.01Linear.weight", "04SequentialBlock.01Linear.bias",
                "04SequentialBlock.02Linear.weight", "04SequentialBlock.02Linear.bias");
        assertThat(parameters.segments().stream().map(FlatParameters.Segment::shape)).startsWith(
                new Shape(4, 5), new Shape(4), new Shape(4), new Shape(4), new Shape(3, 4));
        assertThat(parameters.flat().getShape()).isEqualTo(new Shape(20 + 4 + 4 + 4 + 12 + 3 + 6 + 2));
        assertThat(parameters.buffers().keySet()).containsExactly("02BatchNorm.runningMean", "02BatchNorm.runningVar");
    }

    @Test
    void theModelStartsWithTheValuesThatDjlGivesIt() {
        Block plain = model();
        DjlRuntime.engine().setRandomSeed(7);
        plain.initialize(manager, ai.djl.ndarray.types.DataType.FLOAT32, new Shape(8, 5));
        Block taken = model();
        create(taken, 7);
        for (int i = 0; i < plain.getParameters().size(); i++) {
            assertThat(taken.getParameters().valueAt(i).getArray().toFloatArray())
                    .as(plain.getParameters().keyAt(i))
                    .isEqualTo(plain.getParameters().valueAt(i).getArray().toFloatArray());
        }
    }

    @Test
    void aChangeOfTheFlatArrayIsAChangeOfTheModel() {
        Block block = model();
        FlatParameters parameters = create(block, 1);
        NDArray bias = block.getParameters().get("01Linear_bias").getArray();
        try (NDArray values = manager.arange(0f, 55f)) {
            Flat.copy(values, parameters.flat());
        }
        assertThat(bias.toFloatArray()).containsExactly(20, 21, 22, 23);
        assertThat(bias.hasGradient()).isTrue();
        assertThat(parameters.store().getValue(block.getParameters().get("01Linear_bias"), Device.cpu(), true))
                .isSameAs(bias);
    }

    @Test
    void theSameSeedGivesTheSameValues() {
        float[] values = create(model(), 1L << 40).flat().toFloatArray();
        assertThat(create(model(), 1L << 40).flat().toFloatArray()).isEqualTo(values);
        assertThat(create(model(), 1L << 41).flat().toFloatArray()).isNotEqualTo(values);
    }

    @Test
    void aParameterThatIsUsedTwiceIsThereOnce() {
        Block shared = TestParts.linear(5);
        FlatParameters parameters =
                create(new SequentialBlock().add(shared).add(shared).add(TestParts.linear(2)), 1);
        assertThat(parameters.segments().stream().map(FlatParameters.Segment::name)).containsExactly(
                "01Linear.weight", "01Linear.bias", "03Linear.weight", "03Linear.bias");
    }

    @Test
    void aModelWithoutParametersCannotBeTrained() {
        assertThatThrownBy(() -> create(new SequentialBlock().add(Activation::relu), 1))
                .isInstanceOf(UserError.class).hasMessageContaining("no trainable parameters");
    }

    @Test
    void whatAForwardPassLeavesWithTheParametersIsClosed() {
        Block block = new SequentialBlock().add(TestParts.linear(4));
        FlatParameters parameters = create(block, 1);
        NDArray weight = block.getParameters().valueAt(0).getArray();
        NDArray left = weight.mul(weight);
        NDArray bias = block.getParameters().valueAt(1).getArray();
        assertThat(parameters.sweep()).isEqualTo(1);
        assertThatThrownBy(left::toFloatArray).isInstanceOf(IllegalStateException.class);
        assertThat(parameters.sweep()).isZero();
        assertThat(weight.toFloatArray()).hasSize(20);
        assertThat(bias.toFloatArray()).hasSize(4);
    }

    @Test
    void buffersFollowTheModel() {
        Block block = model();
        FlatParameters parameters = create(block, 1);
        float[] before = parameters.buffers().get("02BatchNorm.runningMean").toFloatArray();
        try (NDManager scope = manager.newSubManager()) {
            NDArray input = scope.arange(0f, 40f).reshape(new Shape(8, 5));
            block.forward(parameters.store(), new NDList(input), false);
            assertThat(parameters.buffers().get("02BatchNorm.runningMean").toFloatArray()).isEqualTo(before);
            block.forward(parameters.store(), new NDList(input), true);
        }
        assertThat(parameters.buffers().get("02BatchNorm.runningMean").toFloatArray()).isNotEqualTo(before);
    }
}
