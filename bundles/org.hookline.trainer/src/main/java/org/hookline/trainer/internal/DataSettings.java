// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.hookline.api.UserError;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunSpec;
import org.hookline.trainer.DataOptions;

/**
 * How the trainer takes samples.
 *
 * @param batchSize samples of a micro-batch
 * @param evalBatchSize samples of a batch of an evaluation
 * @param shuffle whether each epoch has a new order
 * @param dropLast whether a last, short batch is left out
 * @param prefetch batches made ready ahead
 * @param workers threads that read samples
 */
record DataSettings(int batchSize, int evalBatchSize, boolean shuffle, boolean dropLast, int prefetch, int workers) {
    private static final Set<String> OWN =
            DataOptions.declared().stream().map(Option::name).collect(Collectors.toUnmodifiableSet());

    /** A limit that only a mistake exceeds. */
    private static final int MANY = 1024;

    /**
     * Checks the trainer's part of {@code data:}.
     *
     * @param section type and options
     * @param base the folder of the run file
     * @return the settings
     * @throws UserError if one is wrong
     */
    static DataSettings of(RunSpec.Section section, Path base) {
        Map<String, Object> own = new LinkedHashMap<>(section.options());
        own.keySet().retainAll(OWN);
        Options options = Options.of("data", base, DataOptions.declared(), own);
        return new DataSettings(options.integer("batch_size", 1, Integer.MAX_VALUE),
                options.integer("eval_batch_size", 1, Integer.MAX_VALUE), options.is("shuffle"),
                options.is("drop_last"), options.integer("prefetch", 1, MANY), options.integer("workers", 1, MANY));
    }

    /**
     * Checks the data set's part of {@code data:}. An unknown key is told with the trainer's names too.
     *
     * @param section type and options
     * @param base the folder of the run file
     * @param declared by the data set
     * @return the data set's options
     * @throws UserError if one is wrong
     */
    static Options datasetOptions(RunSpec.Section section, Path base, List<Option> declared) {
        Map<String, Object> rest = new LinkedHashMap<>(section.options());
        rest.keySet().removeAll(OWN);
        String owner = "data set " + section.type();
        Set<String> names = declared.stream().map(Option::name).collect(Collectors.toSet());
        for (String key : rest.keySet()) {
            if (!names.contains(key)) {
                List<String> all = new java.util.ArrayList<>();
                declared.forEach(o -> all.add(o.name()));
                DataOptions.declared().forEach(o -> all.add(o.name()));
                throw new UserError(owner + ": unknown option '" + key + "'"
                        + org.hookline.api.options.Nearest.suggest(key, all));
            }
        }
        return Options.of(owner, base, declared, rest);
    }

    /**
     * Counts the batches of an epoch.
     *
     * @param samples of the split that is trained on
     * @return at least 1
     * @throws UserError if there is none
     */
    int batches(int samples) {
        if (samples < 1) {
            throw new UserError("data: there are no samples to train on");
        }
        if (dropLast && samples < batchSize) {
            throw new UserError("data: batch_size is " + batchSize + " and drop_last is on, but there are only "
                    + samples + " samples to train on");
        }
        return dropLast ? samples / batchSize : Math.ceilDiv(samples, batchSize);
    }
}
