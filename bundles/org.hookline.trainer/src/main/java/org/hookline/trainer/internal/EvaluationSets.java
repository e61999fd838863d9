// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.engine.RunSpec;

/**
 * A data set with the splits of others beside its own, to be evaluated. A set that has one split to evaluate gives it
 * the set's name, one that has several gives {@code name-split}; one with training data alone is evaluated on those.
 */
final class EvaluationSets implements Dataset {
    /** The key of run files. */
    static final String KEY = "eval_data";

    private final Dataset main;
    private final List<Dataset> others = new ArrayList<>();
    private final Map<String, Split> splits;

    EvaluationSets(Dataset main) {
        this.main = main;
        this.splits = new LinkedHashMap<>(main.splits());
    }

    /**
     * Reads the sets of a run file.
     *
     * @param configuration the effective run file
     * @return type and options by name
     */
    static Map<String, RunSpec.Section> named(Map<String, Object> configuration) {
        Map<String, RunSpec.Section> named = new LinkedHashMap<>();
        if (configuration.get(KEY) instanceof Map<?, ?> sets) {
            sets.forEach((name, value) -> {
                if (value instanceof Map<?, ?> map) {
                    Map<String, Object> options = new LinkedHashMap<>();
                    map.forEach((k, v) -> options.put(k.toString(), v));
                    named.put(name.toString(), new RunSpec.Section(String.valueOf(options.remove("type")), options));
                }
            });
        }
        return named;
    }

    /**
     * Adds a set; it is closed with this one.
     *
     * @param name of the set
     * @param other the set
     * @throws UserError if its samples are others, or a split has the name already
     */
    void add(String name, Dataset other) {
        others.add(other);
        SampleSpec mine = main.spec();
        SampleSpec its = other.spec();
        if (!its.features().equals(mine.features()) || its.outputs() != mine.outputs()
                || its.isClassification() != mine.isClassification()) {
            throw new UserError(KEY + "." + name + ": its samples have shape " + its.features() + " and "
                    + its.outputs() + (its.isClassification() ? " classes" : " targets") + ", expected "
                    + mine.features() + " and " + mine.outputs()
                    + (mine.isClassification() ? " classes" : " targets") + " as those that are trained on");
        }
        Map<String, Split> chosen = new LinkedHashMap<>(other.splits());
        if (chosen.size() > 1) {
            chosen.remove(TRAIN);
        }
        chosen.forEach((split, samples) -> {
            String full = chosen.size() == 1 ? name : name + "-" + split;
            if (splits.putIfAbsent(full, samples) != null) {
                throw new UserError(KEY + "." + name + ": there is a split '" + full
                        + "' already; give the set another name");
            }
        });
    }

    @Override
    public SampleSpec spec() {
        return main.spec();
    }

    @Override
    public Map<String, Split> splits() {
        return splits;
    }

    @Override
    public void close() {
        try {
            main.close();
        } finally {
            others.forEach(Dataset::close);
        }
    }
}
