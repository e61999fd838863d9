// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.Dropout;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** A multi-layer perceptron: samples of any shape are flattened. Without hidden layers it is a linear model. */
@Component(property = ModelProvider.TYPE + "=mlp")
public final class MlpProvider implements ModelProvider {

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("hidden", Option.Type.INTEGERS, List.of(128, 64),
                        "units of each hidden layer, from the input; empty for a linear model"),
                Nonlinearity.option(),
                Option.of("dropout", Option.Type.NUMBER, 0.0,
                        "part of the hidden units to leave out in training, from 0 to below 1"),
                Option.of("batch_norm", Option.Type.BOOLEAN, false, "whether each hidden layer has a batch norm"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        List<Integer> hidden = options.integers("hidden");
        Nonlinearity activation = Nonlinearity.of(options);
        float dropout = (float) options.number("dropout", 0, 0.999);
        boolean batchNorm = options.is("batch_norm");
        SequentialBlock model = new Chain();
        if (samples.features().dimension() != 1) {
            model.add(Blocks.batchFlattenBlock());
        }
        for (int units : hidden) {
            if (units < 1) {
                throw new UserError(options.owner() + ": option 'hidden' has " + units + ", expected 1 or more units");
            }
            model.add(Layers.linear(units, !batchNorm, activation.weights()));
            if (batchNorm) {
                model.add(Layers.batchNorm());
            }
            model.add(activation.block());
            if (dropout > 0) {
                model.add(Dropout.builder().optRate(dropout).build());
            }
        }
        return model.add(Layers.output(samples.outputs()));
    }
}
