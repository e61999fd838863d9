// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.torch.SelfAttentionBlock;
import org.hookline.torch.SelfAttentionBlock.Queries;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * A Transformer encoder (Vaswani et al., 2017) over a sequence of indexes, each step of which attends to all:
 * embeddings of characters and of positions, both learnt, blocks of attention and feed-forward with a layer norm before
 * each (Xiong et al., 2020) and GELU between the two linear layers, a layer norm, and a linear layer on the last step
 * or on the mean of all.
 */
@Component(property = ModelProvider.TYPE + "=transformer")
public final class TransformerProvider implements ModelProvider {
    /** Stands in the names of parameters: what was learnt when it was DJL's block is still loaded. */
    private static final String ATTENTION = "ScaledDotProductAttentionBlock";

    /** Of the embeddings' start (Radford et al., 2019). */
    private static final float DEVIATION = 0.02f;

    private final Torch torch;

    /**
     * Makes it.
     *
     * @param torch libtorch's own operations
     */
    @Activate
    public TransformerProvider(@Reference Torch torch) {
        this.torch = torch;
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("width", Option.Type.INTEGER, 128, "values of each step between the blocks"),
                Option.of("heads", Option.Type.INTEGER, 4, "heads of each attention; the width is a multiple of it"),
                Option.of("layers", Option.Type.INTEGER, 2, "blocks, one behind the other"),
                Option.of("feedforward", Option.Type.INTEGER, 512, "hidden units of each block's feed-forward layers"),
                Option.of("dropout", Option.Type.NUMBER, 0.0, "part of the embeddings, of the weights of attention and"
                        + " of each branch's output to leave out in training, from 0 to below 1"),
                Option.choice("pool", List.of("last", "mean"), "last",
                        "what the output is computed from: the last step, or the mean of all"));
    }

    @Override
    public Block create(Options options, SampleSpec samples) {
        Sequences sequences = Sequences.of(options, samples);
        int width = options.integer("width", 1, 65_536);
        int heads = options.integer("heads", 1, 65_536);
        int feedforward = options.integer("feedforward", 1, 1 << 20);
        float dropout = (float) options.number("dropout", 0, 0.999);
        if (width % heads != 0) {
            long nearest = Math.max(1, Math.round((double) width / heads)) * heads;
            throw new UserError(options.owner() + ": option 'width' is " + width + ", expected a multiple of the option"
                    + " 'heads', which is " + heads + "; nearest: " + nearest);
        }
        SequentialBlock model = new Chain().add(sum(
                new Chain().add(Sequences.indexes())
                        .add(Sequences.embedding(sequences.vocabulary(), width, DEVIATION)),
                new Chain().add(Sequences.steps(sequences.steps()))
                        .add(Sequences.embedding(sequences.steps(), width, DEVIATION))));
        drop(model, dropout);
        boolean last = "last".equals(options.text("pool"));
        for (int layer = options.integer("layers", 1, 1000); layer > 0; layer--) {
            // Of what the last block gives for the other steps nothing would be used.
            Queries queries = last && layer == 1 ? Queries.LAST : Queries.ALL;
            SequentialBlock attention = new Chain().add(norm())
                    .add(ATTENTION, attention(width, heads, dropout, queries));
            SequentialBlock forward = new Chain().add(norm())
                    .add(Layers.linear(feedforward, true, Weights.HE))
                    .add(Activation.geluBlock())
                    .add(Layers.linear(width, true, Weights.GLOROT));
            model.add(sum(queries == Queries.LAST ? Sequences.lastAlone() : Blocks.identityBlock(),
                            drop(attention, dropout)))
                    .add(sum(Blocks.identityBlock(), drop(forward, dropout)));
        }
        return model.add(norm())
                .add(last ? Sequences.last() : Sequences.mean())
                .add(Layers.output(samples.outputs()));
    }

    private static SequentialBlock drop(SequentialBlock blocks, float dropout) {
        return dropout > 0 ? blocks.add(Dropout.builder().optRate(dropout).build()) : blocks;
    }

    /** A layer norm over the values of each step, with torch.nn's epsilon. */
    private static Block norm() {
        return LayerNorm.builder().axis(2).optEpsilon(1e-5f).build();
    }

    private Block attention(int width, int heads, float dropout, Queries queries) {
        return Layers.start(new SelfAttentionBlock(torch, width, heads, dropout, queries), Weights.GLOROT);
    }

    private static Block sum(Block one, Block other) {
        return new ParallelBlock(TransformerProvider::sum, List.of(one, other));
    }

    private static NDList sum(List<NDList> branches) {
        return new NDList(branches.get(0).singletonOrThrow().add(branches.get(1).singletonOrThrow()));
    }
}
