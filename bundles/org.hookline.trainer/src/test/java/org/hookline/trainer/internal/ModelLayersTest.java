// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.LinearCollection;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.facet.ModelInfo.Layer;
import org.hookline.torch.SelfAttentionBlock;
import org.hookline.torch.SelfAttentionBlock.Queries;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ModelLayersTest {
    private static NDManager root;

    @BeforeAll
    static void open() {
        root = DjlRuntime.newScope(ai.djl.Device.cpu());
    }

    @AfterAll
    static void close() {
        root.close();
    }

    private static ModelInfo of(Block block, long... input) {
        Shape shape = new Shape(input);
        return new ModelLayers(block, shape, FlatParameters.create(block, shape, 1, root));
    }

    private static Linear linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    private static Layer layer(String name, String type, Shape output, long parameters, long buffers, double flops) {
        return new Layer(name, type, Optional.of(output), parameters, parameters, buffers, OptionalDouble.of(flops));
    }

    @Test
    void eachLayerTellsItsShapeParametersBuffersAndOperations() {
        ModelInfo info = of(new SequentialBlock()
                .add(Conv2d.builder().setKernelShape(new Shape(3, 3)).optStride(new Shape(2, 2)).setFilters(8).build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Blocks.batchFlattenBlock())
                .add(Dropout.builder().optRate(0.5f).build())
                .add(linear(10)), 4, 3, 9, 9);
        assertThat(info.input()).isEqualTo(new Shape(3, 9, 9));
        // 8 filters of 3x3x3 over 4x4 places; 10 outputs of 8*4*4 inputs; two operations each.
        assertThat(info.layers()).usingRecursiveComparison().ignoringFields("name", "type").isEqualTo(List.of(
                layer("", "", new Shape(8, 4, 4), 8 * 27 + 8, 0, 2.0 * 8 * 27 * 16),
                layer("", "", new Shape(8, 4, 4), 16, 16, 0),
                layer("", "", new Shape(8, 4, 4), 0, 0, 0),
                layer("", "", new Shape(128), 0, 0, 0),
                layer("", "", new Shape(128), 0, 0, 0),
                layer("", "", new Shape(10), 1290, 0, 2.0 * 1280)));
        assertThat(info.layers()).extracting(Layer::type).startsWith("Conv2d", "BatchNorm")
                .endsWith("Dropout", "Linear");
        assertThat(info.forwardFlops()).hasValue(2.0 * 8 * 27 * 16 + 2560);
    }

    @Test
    void groupsOfAConvolutionNeedTheirShareOnly() {
        ModelInfo info = of(Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(6).optGroups(3).optBias(false)
                .build(), 2, 6, 5, 5);
        assertThat(info.layers().getFirst().parameters()).isEqualTo(12);
        assertThat(info.forwardFlops()).hasValue(2.0 * 12 * 25);
    }

    @Test
    void aLayerOverManyPlacesIsUsedAtEach() {
        assertThat(of(linear(7), 2, 11, 5).forwardFlops()).hasValue(2.0 * 7 * 5 * 11);
    }

    @Test
    void blocksInBlocksAreNamedByTheirPathLikeTheirParameters() throws Exception {
        Block left = new SequentialBlock().add(linear(3));
        Block branches = new ParallelBlock(lists -> new ai.djl.ndarray.NDList(
                ai.djl.ndarray.NDArrays.concat(new ai.djl.ndarray.NDList(lists.get(0).head(), lists.get(1).head()), 1)),
                List.of(left, linear(2)));
        Block model = new SequentialBlock().add(branches).add(linear(1));
        Shape shape = new Shape(2, 4);
        FlatParameters parameters = FlatParameters.create(model, shape, 1, root);
        List<Layer> layers = new ModelLayers(model, shape, parameters).layers();
        assertThat(layers).extracting(Layer::parameters).containsExactly(15L, 10L, 6L);
        assertThat(parameters.segments())
                .allMatch(s -> layers.stream().anyMatch(l -> s.name().startsWith(l.name() + ".")));
    }

    @Test
    void whatTwoLayersShareCountsOnce() {
        Linear shared = linear(4);
        assertThat(of(new SequentialBlock().add(shared).add(shared), 2, 4).layers()).extracting(Layer::parameters)
                .containsExactly(20L, 0L);
    }

    @Test
    void whatIsFrozenIsNotTrainable() {
        Block model = new SequentialBlock().add(linear(3)).add(linear(2));
        Shape shape = new Shape(2, 4);
        FlatParameters parameters = FlatParameters.create(model, shape, 1, root);
        ModelInfo info = new ModelLayers(model, shape, parameters);
        assertThat(info.layers()).extracting(Layer::trainable).containsExactly(15L, 8L);
        parameters.segments().getFirst().freeze(true);
        assertThat(info.layers()).extracting(Layer::trainable).containsExactly(3L, 8L);
        assertThat(info.layers()).extracting(Layer::parameters).containsExactly(15L, 8L);
    }

    /** Over 5 steps of 4 inputs, with 3 values of state: each step multiplies with every value of the matrices. */
    @Test
    void aRecurrentLayerMultipliesItsMatricesAtEachStep() {
        ModelInfo rnn = of(new RNN.Builder().setNumLayers(1).setStateSize(3).setActivation(RNN.Activation.TANH)
                .optBatchFirst(true).build(), 2, 5, 4);
        assertThat(rnn.forwardFlops()).hasValue(2.0 * 5 * 3 * (4 + 3)).hasValue(210);
        assertThat(rnn.layers()).singleElement().satisfies(l -> {
            assertThat(l.output()).contains(new Shape(5, 3));
            assertThat(l.parameters()).isEqualTo(3 * (4 + 3) + 2 * 3);
        });

        ModelInfo lstm = of(new LSTM.Builder().setNumLayers(1).setStateSize(3).optBatchFirst(true).build(), 2, 5, 4);
        assertThat(lstm.forwardFlops()).hasValue(2.0 * 5 * 4 * 3 * (4 + 3)).hasValue(840);

        // The second layer has the 6 outputs of both directions of the first as inputs.
        ModelInfo gru = of(new GRU.Builder().setNumLayers(2).setStateSize(3).optBidirectional(true).optBatchFirst(true)
                .build(), 2, 5, 4);
        assertThat(gru.forwardFlops()).hasValue(2.0 * 5 * (2 * 3 * 3 * (4 + 3) + 2 * 3 * 3 * (6 + 3))).hasValue(2880);
        assertThat(gru.layers().getFirst().output()).contains(new Shape(5, 6));
    }

    @Test
    void whatFollowsARecurrentLayerIsUsedAtEachStep() {
        ModelInfo info = of(new SequentialBlock()
                .add(new LSTM.Builder().setNumLayers(1).setStateSize(3).optBatchFirst(true).build())
                .add(linear(2)), 2, 5, 4);
        assertThat(info.forwardFlops()).hasValue(840 + 2.0 * 5 * 3 * 2);
    }

    /** 6 places of 8 values: four projections, then every place with every other, twice. */
    @Test
    void attentionMultipliesEachPlaceWithEachBesideItsProjections() {
        ModelInfo info = of(ScaledDotProductAttentionBlock.builder().setEmbeddingSize(8).setHeadCount(2).build(),
                3, 6, 8);
        assertThat(info.layers()).extracting(Layer::type).containsExactly("ScaledDotProductAttentionBlock", "Linear",
                "Linear", "Linear", "Linear", "Dropout");
        assertThat(info.layers()).extracting(l -> l.flops().orElseThrow())
                .containsExactly(2.0 * 2 * 6 * 6 * 8, 768.0, 768.0, 768.0, 768.0, 0.0);
        assertThat(info.layers()).extracting(Layer::parameters).containsExactly(0L, 72L, 72L, 72L, 72L, 0L);
        assertThat(info.layers().get(1).output()).contains(new Shape(6, 8));
        assertThat(info.forwardFlops()).hasValue(1152 + 4 * 2.0 * 6 * 8 * 8).hasValue(4224);
    }

    @Test
    void attentionOfOurOwnIsCountedLikeDjlsOrForTheLastStepAlone() {
        Torch torch = TorchLoader.load();
        ModelInfo all = of(new SelfAttentionBlock(torch, 8, 2, 0, Queries.ALL), 3, 6, 8);
        assertThat(all.forwardFlops()).hasValue(4224);
        assertThat(all.layers()).extracting(Layer::type).containsExactly("SelfAttentionBlock", "Linear", "Linear",
                "Linear", "Linear", "Dropout");
        // One step attends to 6: its query and its result are one product with a matrix each.
        ModelInfo last = of(new SelfAttentionBlock(torch, 8, 2, 0, Queries.LAST), 3, 6, 8);
        assertThat(last.layers()).extracting(l -> l.flops().orElseThrow())
                .containsExactly(2.0 * 2 * 6 * 8, 768.0, 128.0, 768.0, 128.0, 0.0);
        assertThat(last.layers()).extracting(l -> l.output().orElse(null)).startsWith(new Shape(1, 8),
                new Shape(6, 8), new Shape(1, 8), new Shape(6, 8), new Shape(1, 8));
    }

    @Test
    void aTransformerEncoderIsAttentionAndTwoLayersAtEachPlace() {
        ModelInfo info = of(new TransformerEncoderBlock(8, 2, 16, 0.1f, Activation::relu), 3, 6, 8);
        assertThat(info.forwardFlops()).hasValue(4224 + 2 * 2.0 * 6 * 8 * 16).hasValue(7296);
    }

    @Test
    void anEmbeddingIsLookedUp() {
        ModelInfo info = of(new SequentialBlock()
                .add(new IdEmbedding.Builder().setDictionarySize(50).setEmbeddingSize(8).build())
                .add(linear(2)), 3, 6);
        assertThat(info.layers()).extracting(Layer::parameters).containsExactly(400L, 18L);
        assertThat(info.layers()).extracting(l -> l.flops().orElseThrow()).containsExactly(0.0, 2.0 * 6 * 8 * 2);
        assertThat(info.layers().getFirst().output()).contains(new Shape(6, 8));
    }

    @Test
    void anUnknownKindOfLayerWithParametersDoesNotTellItsOperations() {
        ModelInfo info = of(LinearCollection.builder().setUnits(3).build(), 2, 5, 4);
        assertThat(info.layers().getFirst().flops()).isEmpty();
        assertThat(info.forwardFlops()).isEmpty();
    }

    @Test
    void aFunctionIsCalledByItsName() {
        ModelInfo info = of(new SequentialBlock().add(linear(2)).add(new LambdaBlock(l -> l, "identity")), 2, 4);
        assertThat(info.layers().getLast().type()).isEqualTo("identity");
    }

    @Test
    void aRunOffersIt() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec())) {
            ModelInfo info = driver.facet(ModelInfo.class);
            assertThat(info.layers().stream().mapToLong(Layer::parameters).sum()).isEqualTo(driver.weights().size());
            assertThat(info.forwardFlops()).hasValue(2.0 * (2 * 32 + 32 * 32 + 32 * 2));
            assertThat(driver.task().deviceReads()).isZero();
        }
    }
}
