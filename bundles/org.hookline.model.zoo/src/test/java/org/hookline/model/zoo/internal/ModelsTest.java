// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Options;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsTest {
    private static final Torch TORCH = TorchLoader.load();

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("mlp", new MlpProvider(), Map.of(), new long[] {1, 8, 8}, 0.001f),
                Arguments.of("mlp of a row", new MlpProvider(), Map.of("hidden", List.of(9)), new long[] {13}, 0.01f),
                Arguments.of("mlp, normalised", new MlpProvider(),
                        Map.of("batch_norm", true, "dropout", 0.1, "activation", "gelu"), new long[] {3, 5, 5}, 0.001f),
                Arguments.of("linear model", new MlpProvider(), Map.of("hidden", List.of()), new long[] {6}, 0.03f),
                Arguments.of("lenet", new LeNetProvider(TORCH), Map.of(), new long[] {1, 28, 28}, 0.001f),
                Arguments.of("small lenet", new LeNetProvider(TORCH), Map.of("activation", "tanh", "pool", "average"),
                        new long[] {1, 8, 8}, 0.001f),
                Arguments.of("tiny lenet", new LeNetProvider(TORCH), Map.of(), new long[] {2, 4, 5}, 0.003f),
                Arguments.of("colour lenet", new LeNetProvider(TORCH), Map.of("dropout", 0.1), new long[] {3, 32, 40},
                        0.001f),
                Arguments.of("resnet", new ResNetProvider(TORCH), Map.of("width", 8), new long[] {1, 28, 28}, 0.0003f),
                Arguments.of("resnet-34", new ResNetProvider(TORCH), Map.of("width", 8, "depth", 34),
                        new long[] {3, 32, 32}, 0.0003f),
                Arguments.of("resnet-50", new ResNetProvider(TORCH), Map.of("width", 8, "depth", "50"),
                        new long[] {3, 32, 32}, 0.0003f),
                Arguments.of("large resnet", new ResNetProvider(TORCH), Map.of("width", 8),
                        new long[] {3, 64, 70}, 0.0003f),
                Arguments.of("alexnet", new AlexNetProvider(), Map.of("dropout", 0), new long[] {3, 67, 67}, 0.00003f),
                Arguments.of("googlenet", new GoogLeNetProvider(), Map.of(), new long[] {1, 32, 32}, 0.00003f),
                Arguments.of("mobilenet_v1", new MobileNetV1Provider(), Map.of("width", 0.5), new long[] {3, 64, 64},
                        0.0003f),
                Arguments.of("mobilenet_v2", new MobileNetV2Provider(), Map.of(), new long[] {1, 64, 64}, 0.0003f),
                Arguments.of("nin", new NinProvider(), Map.of("dropout", 0), new long[] {3, 99, 99}, 0.00003f),
                Arguments.of("squeezenet", new SqueezeNetProvider(), Map.of(), new long[] {3, 32, 32}, 0.00003f),
                Arguments.of("vgg", new VggProvider(), Map.of(), new long[] {3, 32, 32}, 0.00003f),
                Arguments.of("lstm", new LstmProvider(), Map.of(), new long[] {12}, 0.003f),
                Arguments.of("deep lstm", new LstmProvider(), Map.of("layers", 3, "hidden", 20, "dropout", 0.1),
                        new long[] {12}, 0.003f),
                Arguments.of("lstm of two steps", new LstmProvider(), Map.of("embedding", 5), new long[] {2}, 0.003f),
                Arguments.of("transformer", new TransformerProvider(TORCH), Map.of(), new long[] {12}, 0.001f),
                Arguments.of("small transformer", new TransformerProvider(TORCH),
                        Map.of("width", 15, "heads", 3, "layers", 1, "feedforward", 9, "dropout", 0.1, "pool", "mean"),
                        new long[] {7}, 0.003f));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void aModelTrainsOnOneBatch(String name, ModelProvider provider, Map<String, ?> options, long[] features,
            float rate) {
        try (Probe probe = new Probe(provider, options, 4, 3, features)) {
            assertThat(probe.forward(4, false).getShape()).isEqualTo(new Shape(4, 3));
            // The last batch of a pass may have one sample only.
            assertThat(probe.forward(1, false).getShape()).isEqualTo(new Shape(1, 3));
            assertThat(probe.withoutGradient()).as("parameters without a gradient").isEmpty();
            // Dropout would blur the comparison; a batch norm is to use the batch, its running values are young.
            boolean training = probe.normalised();
            float before = probe.loss(training);
            probe.train(10, rate);
            assertThat(probe.loss(training)).isLessThan(0.95f * before);
        }
    }

    @Test
    void theNumberOfWeightsIsThePapers() {
        // 784*128+128 + 128*64+64 + 64*10+10
        assertThat(parameters(new MlpProvider(), Map.of(), 10, 1, 28, 28)).isEqualTo(109_386);
        // LeNet-5 with full connections between the channels: 156 + 2,416 + 48,120 + 10,164 + 850.
        assertThat(parameters(new LeNetProvider(TORCH), Map.of(), 10, 1, 28, 28)).isEqualTo(61_706);
        // torchvision: resnet18, resnet34 and resnet50 for 1,000 classes.
        assertThat(parameters(new ResNetProvider(TORCH), Map.of(), 1000, 3, 64, 64)).isEqualTo(11_689_512);
        assertThat(parameters(new ResNetProvider(TORCH), Map.of("depth", 34), 1000, 3, 64, 64)).isEqualTo(21_797_672);
        assertThat(parameters(new ResNetProvider(TORCH), Map.of("depth", 50), 1000, 3, 64, 64)).isEqualTo(25_557_032);
        // torchvision: vgg11 has 9,220,480 weights in its convolutions; at 32x32 one pixel of 512 channels is left.
        assertThat(parameters(new VggProvider(), Map.of(), 10, 3, 32, 32))
                .isEqualTo(9_220_480 + 513 * 4096 + 4097 * 4096 + 4097 * 10);
        // torch: nn.Embedding(65, 32), nn.LSTM(32, 128) with its two biases and nn.Linear(128, 65).
        assertThat(parameters(new LstmProvider(), Map.of(), 65, 50))
                .isEqualTo(65 * 32 + 4 * 128 * (32 + 128 + 2) + 129 * 65);
        // torch: nn.Embedding of 65 and of 50, two nn.TransformerEncoderLayer(128, 4, 512), nn.LayerNorm, nn.Linear.
        assertThat(parameters(new TransformerProvider(TORCH), Map.of(), 65, 50))
                .isEqualTo((65 + 50) * 128 + 2 * 198_272 + 256 + 129 * 65);
    }

    private static long parameters(ModelProvider provider, Map<String, ?> options, int classes, long... features) {
        try (Probe probe = new Probe(provider, options, 1, classes, features)) {
            return probe.parameters();
        }
    }

    @Test
    void aLossStartsNearChance() {
        for (ModelProvider provider : List.of(new MlpProvider(), new LeNetProvider(TORCH), new ResNetProvider(TORCH))) {
            try (Probe probe = new Probe(provider, Map.of(), 32, 10, 1, 28, 28)) {
                assertThat(probe.loss(true)).as(provider.toString()).isCloseTo((float) Math.log(10), within(1f));
            }
        }
        for (ModelProvider provider : List.of(new LstmProvider(), new TransformerProvider(TORCH))) {
            try (Probe probe = new Probe(provider, Map.of(), 32, 10, 64)) {
                assertThat(probe.loss(true)).as(provider.toString()).isCloseTo((float) Math.log(10), within(0.5f));
            }
        }
    }

    @Test
    void hiddenLayersKeepTheScaleOfWhatGoesThrough() {
        // Twenty layers: a start of the wrong scale would vanish or explode.
        List<Integer> deep = Collections.nCopies(20, 256);
        for (String activation : List.of("relu", "selu", "tanh")) {
            try (Probe probe = new Probe(new MlpProvider(), Map.of("hidden", deep, "activation", activation), 16, 100,
                    256)) {
                // The last layer's weights have a variance of 1 / (3 * inputs).
                float size = probe.forward(16, false).square().mean().getFloat();
                assertThat(size).as(activation).isBetween(0.003f, 1.5f);
            }
        }
    }

    @Test
    void dropoutIsForTrainingOnly() {
        try (Probe probe = new Probe(new MlpProvider(), Map.of("dropout", 0.5), 8, 3, 20)) {
            assertThat(probe.forward(8, false)).isEqualTo(probe.forward(8, false));
            assertThat(probe.forward(8, true)).isNotEqualTo(probe.forward(8, true));
        }
    }

    @Test
    void theSameSeedGivesTheSameStart() {
        try (Probe a = new Probe(new LeNetProvider(TORCH), Map.of(), 4, 10, 1, 28, 28);
                Probe b = new Probe(new LeNetProvider(TORCH), Map.of(), 4, 10, 1, 28, 28)) {
            assertThat(a.forward(4, false)).isEqualTo(b.forward(4, false));
        }
    }

    @Test
    void aLibtorchThatLacksSymbolsComputesTheSameModel() {
        Torch lacking = TorchLoader.open(Path.of("a folder without libtorch"));
        try (Probe a = new Probe(new LeNetProvider(lacking), Map.of(), 4, 10, 1, 28, 28);
                Probe b = new Probe(new LeNetProvider(TORCH), Map.of(), 4, 10, 1, 28, 28);
                Probe c = new Probe(new ResNetProvider(lacking), Map.of("width", 8), 4, 10, 3, 64, 70);
                Probe d = new Probe(new ResNetProvider(TORCH), Map.of("width", 8), 4, 10, 3, 64, 70)) {
            assertThat(a.forward(4, false)).isEqualTo(b.forward(4, false));
            assertThat(c.forward(4, false)).isEqualTo(d.forward(4, false));
        }
    }

    @Test
    void anLstmRemembersTheFirstStepAndATransformerKnowsWhereItIs() {
        for (ModelProvider provider : List.of(new LstmProvider(), new TransformerProvider(TORCH))) {
            try (Probe probe = new Probe(provider, Map.of(), 1, 5, 4)) {
                assertThat(probe.predict(1, 2, 3, 4)).isEqualTo(probe.predict(1, 2, 3, 4))
                        .isNotEqualTo(probe.predict(0, 2, 3, 4)).isNotEqualTo(probe.predict(2, 1, 3, 4));
            }
        }
    }

    /** What was learnt before the attention was our own is still loaded: by name. */
    @Test
    void aTransformersParametersHaveTheNamesThatTheyHadWithDjlsAttention() {
        try (Probe probe = new Probe(new TransformerProvider(TORCH), Map.of("layers", 1), 1, 5, 4)) {
            assertThat(probe.block.getParameters().keys()).hasSize(22)
                    .contains("01ParallelBlock_01Chain_02TrainableWordEmbedding_embedding",
                            "02ParallelBlock_02Chain_02ScaledDotProductAttentionBlock_01keyProjection_weight",
                            "02ParallelBlock_02Chain_02ScaledDotProductAttentionBlock_02queryProjection_weight",
                            "02ParallelBlock_02Chain_02ScaledDotProductAttentionBlock_03valueProjection_bias",
                            "02ParallelBlock_02Chain_02ScaledDotProductAttentionBlock_04resultProjection_bias",
                            "03ParallelBlock_02Chain_04Linear_weight", "04LayerNorm_gamma", "06Linear_bias");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"last", "mean"})
    void aTransformerWithoutLibtorchsAttentionGivesTheSame(String pool) {
        Map<String, Object> options = Map.of("width", 12, "heads", 3, "feedforward", 20, "pool", pool);
        try (Probe with = new Probe(new TransformerProvider(TORCH), options, 4, 5, 9);
                Probe without = new Probe(new TransformerProvider(TorchLoader.open(Path.of("none"))), options, 4, 5,
                        9)) {
            for (int i = 0; i < 2; i++) {
                assertThat(with.forward(4, false).toFloatArray())
                        .containsExactly(without.forward(4, false).toFloatArray(), within(1e-4f));
                with.train(3, 0.01f);
                without.train(3, 0.01f);
            }
        }
    }

    @Test
    void samplesThatAreNoSequencesAreRefusedByModelsForThem() {
        for (ModelProvider provider : List.of(new LstmProvider(), new TransformerProvider(TORCH))) {
            assertThatThrownBy(() -> Probe.create(provider, Map.of(), 3, 1, 8, 8)).isInstanceOf(UserError.class)
                    .hasMessage("model x: the samples have the shape (1, 8, 8), expected (context): indexes of"
                            + " characters, as the data set text has them; the model mlp takes any shape");
            Options options = Options.of("model x", Path.of("."), provider.options(), Map.of());
            assertThatThrownBy(() -> provider.create(options, SampleSpec.regression(new Shape(5), 2)))
                    .isInstanceOf(UserError.class).hasMessageContaining("the labels are 2 numbers");
            // A row of a table has the shape of a text's characters.
            assertThatThrownBy(() -> provider.create(options, SampleSpec.classification(new Shape(13), List.of("a"))))
                    .isInstanceOf(UserError.class).hasMessage("model x: the samples are 13 numbers each, expected"
                            + " indexes of characters, as the data set text has them; the model mlp takes numbers");
        }
        assertThatThrownBy(() -> Probe.create(new TransformerProvider(TORCH), Map.of("width", 30), 3, 8))
                .isInstanceOf(UserError.class).hasMessage("model x: option 'width' is 30, expected a multiple of the"
                        + " option 'heads', which is 4; nearest: 32");
    }

    @Test
    void samplesThatAreNoImagesAreRefusedByModelsForImages() {
        assertThatThrownBy(() -> Probe.create(new LeNetProvider(TORCH), Map.of(), 3, 64)).isInstanceOf(UserError.class)
                .hasMessage("model x: the samples have the shape (64), expected (channels, height, width);"
                        + " the model mlp takes any shape");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tooSmall")
    void imagesThatAreTooSmallAreRefusedWithBothShapes(String name, ModelProvider provider, int least) {
        assertThatThrownBy(() -> Probe.create(provider, Map.of(), 3, 1, least, least - 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the samples have the shape (1, %d, %d), expected (channels, %d, %d) or larger"
                        .formatted(least, least - 1, least, least));
        // And the least that is allowed does work.
        try (Probe probe = new Probe(provider, Map.of(), 2, 3, 1, least, least)) {
            assertThat(probe.forward(2, false).getShape()).isEqualTo(new Shape(2, 3));
        }
    }

    static Stream<Arguments> tooSmall() {
        return Stream.of(
                Arguments.of("lenet", new LeNetProvider(TORCH), 4),
                Arguments.of("resnet", new ResNetProvider(TORCH), 8),
                Arguments.of("alexnet", new AlexNetProvider(), 67),
                Arguments.of("googlenet", new GoogLeNetProvider(), 8),
                Arguments.of("mobilenet_v1", new MobileNetV1Provider(), 8),
                Arguments.of("mobilenet_v2", new MobileNetV2Provider(), 8),
                Arguments.of("nin", new NinProvider(), 67),
                Arguments.of("squeezenet", new SqueezeNetProvider(), 17),
                Arguments.of("vgg", new VggProvider(), 32));
    }

    @Test
    void modelsWithoutNegativeOutputsRefuseNumbersAsLabels() {
        ModelProvider provider = new SqueezeNetProvider();
        Options options = Options.of("model squeezenet", Path.of("."), provider.options(), Map.of());
        SampleSpec numbers = SampleSpec.regression(new Shape(3, 32, 32), 2);
        assertThatThrownBy(() -> provider.create(options, numbers)).isInstanceOf(UserError.class)
                .hasMessageContaining("the labels are 2 numbers");
    }

    @Test
    void numbersAsLabelsGetOneOutputEach() {
        ModelProvider provider = new MlpProvider();
        Options options = Options.of("model mlp", Path.of("."), provider.options(), Map.of());
        var block = provider.create(options, SampleSpec.regression(new Shape(4), 2));
        assertThat(block.getOutputShapes(new Shape[] {new Shape(7, 4)})[0]).isEqualTo(new Shape(7, 2));
    }

    @Test
    void layersWithoutUnitsAreTheUsersError() {
        assertThatThrownBy(() -> Probe.create(new MlpProvider(), Map.of("hidden", List.of(64, 0)), 3, 8))
                .isInstanceOf(UserError.class)
                .hasMessage("model x: option 'hidden' has 0, expected 1 or more units");
        assertThatThrownBy(() -> Probe.create(new LeNetProvider(TORCH), Map.of("channels", List.of(6)), 3, 1, 8, 8))
                .isInstanceOf(UserError.class).hasMessageContaining("expected 2");
        assertThatThrownBy(() -> Probe.create(new MlpProvider(), Map.of("activation", "rellu"), 3, 8))
                .isInstanceOf(UserError.class).hasMessageContaining("did you mean 'relu'");
    }
}
