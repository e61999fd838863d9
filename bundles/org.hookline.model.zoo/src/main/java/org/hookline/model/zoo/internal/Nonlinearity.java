// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.initializer.Initializer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;

/** An activation function and the start of the weights before it. */
@SuppressWarnings("ImmutableEnumChecker") // both are functions without state
enum Nonlinearity {
    RELU(Activation::reluBlock, Weights.HE),
    LEAKY_RELU(() -> Activation.leakyReluBlock(0.01f), Weights.HE),
    ELU(() -> Activation.eluBlock(1f), Weights.HE),
    GELU(Activation::geluBlock, Weights.HE),
    SILU(() -> Activation.swishBlock(1f), Weights.HE),
    MISH(Activation::mishBlock, Weights.HE),
    SELU(Activation::seluBlock, Weights.LECUN),
    TANH(Activation::tanhBlock, Weights.GLOROT),
    SIGMOID(Activation::sigmoidBlock, Weights.GLOROT);

    private final Supplier<Block> block;
    private final Initializer weights;

    Nonlinearity(Supplier<Block> block, Initializer weights) {
        this.block = block;
        this.weights = weights;
    }

    Block block() {
        return block.get();
    }

    Initializer weights() {
        return weights;
    }

    private String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The option that chooses one. */
    static Option option() {
        List<String> names = Arrays.stream(values()).map(Nonlinearity::text).toList();
        return Option.choice("activation", names, RELU.text(), "activation function between the layers");
    }

    /** The one that was chosen. */
    static Nonlinearity of(Options options) {
        return valueOf(options.text("activation").toUpperCase(Locale.ROOT));
    }
}
