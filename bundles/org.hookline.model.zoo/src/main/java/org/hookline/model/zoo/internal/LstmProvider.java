// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.recurrent.LSTM;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000) over a sequence of
 * indexes, the state of which starts at 0 with each sample: an embedding, layers by {@code torch.nn.LSTM}'s formulas,
 * and a linear layer on what the last layer gives in the last step.
 */
@Component(property = ModelProvider.TYPE + "=lstm")
public final class LstmProvider implements ModelProvider {

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("embedding", Option.Type.INTEGER, 32, "values of each character at the input"),
                Option.of("hidden", Option.Type.INTEGER, 128, "values of the state of each layer"),
                Option.of("layers", Option.Type.INTEGER, 1, "LSTM layers, one behind the other"),
                Option.of("dropout", Option.Type.NUMBER, 0.0,
                        "part of what each layer gives to leave out in training, from 0 to below 1"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        Sequences sequences = Sequences.of(options, samples);
        float dropout = (float) options.number("dropout", 0, 0.999);
        LSTM lstm = LSTM.builder()
                .setStateSize(options.integer("hidden", 1, 65_536))
                .setNumLayers(options.integer("layers", 1, 1000))
                .optDropRate(dropout)
                .optBatchFirst(true)
                .build();
        SequentialBlock model = new Chain()
                .add(Sequences.indexes())
                // As torch.nn.Embedding.
                .add(Sequences.embedding(sequences.vocabulary(), options.integer("embedding", 1, 65_536), 1))
                .add(Layers.start(lstm, Weights.OUTPUT))
                .add(Sequences.last());
        if (dropout > 0) {
            // Behind the last layer there is none of the LSTM's own.
            model.add(Dropout.builder().optRate(dropout).build());
        }
        return model.add(Layers.output(samples.outputs()));
    }
}
