// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer;

import java.util.List;
import org.hookline.api.options.Option;

/** The options of {@code data:} in run files that the trainer takes itself, whatever the data set. */
public final class DataOptions {
    private static final List<Option> DECLARED = List.of(
            Option.of("batch_size", Option.Type.INTEGER, 64, "Samples of one micro-batch."),
            Option.of("eval_batch_size", Option.Type.INTEGER, 256, "Samples of one batch of an evaluation."),
            Option.of("shuffle", Option.Type.BOOLEAN, true,
                    "Whether each epoch takes the samples in a new order, drawn from the seed and the epoch."),
            Option.of("drop_last", Option.Type.BOOLEAN, false,
                    "Whether the last batch of an epoch is left out where it is not full."),
            Option.of("prefetch", Option.Type.INTEGER, 2, "Batches that are made ready ahead, 1 or more."),
            Option.of("workers", Option.Type.INTEGER, 1, "Threads that read samples, 1 or more."));

    private DataOptions() {}

    /** {@return the options, which no data set may declare itself} */
    public static List<Option> declared() {
        return DECLARED;
    }
}
