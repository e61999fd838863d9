// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.Partition;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * A table with a header line: columns by name as features, one column as class or one or more as target values. The
 * splits are {@code train}, {@code validation} where a part is held out, and {@code test} where a second file is given.
 */
@Component(property = DatasetProvider.TYPE + "=csv")
public final class CsvProvider implements DatasetProvider {

    @Override
    public List<Option> options() {
        return List.of(
                Option.required("path", Option.Type.PATH,
                        "the CSV file: UTF-8, the names of the columns in its first line; .gz is unpacked"),
                Option.required("label", Option.Type.TEXTS,
                        "the column with the label; several columns where numbers are to be predicted"),
                Option.of("features", Option.Type.TEXTS, List.of(),
                        "the columns of the features; empty for all but the label"),
                Option.of("categorical", Option.Type.TEXTS, List.of(),
                        "feature columns whose values are names: each value becomes a feature of 0 or 1"),
                Option.choice("task", List.of("auto", "classification", "regression"), "auto",
                        "what the label is; auto: a class where it is text, or at most 20 different whole numbers"),
                Option.of("separator", Option.Type.TEXT, ",", "the character between two values, or 'tab'"),
                Missing.option(),
                Option.of("standardize", Option.Type.BOOLEAN, true,
                        "whether each feature gets mean 0 and deviation 1 over the training rows"),
                Option.of("validation", Option.Type.NUMBER, 0.2,
                        "part of the rows to hold out as the split 'validation', from 0 to below 1"),
                Option.of("split_seed", Option.Type.INTEGER, 0, "seed of the choice of validation rows"),
                Option.of("test_path", Option.Type.PATH, "",
                        "a second file with the same columns as the split 'test'; empty for none"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        char separator = separator(options);
        double fraction = options.number("validation", 0, 0.999);
        Table whole = Table.read(options.owner(), file(options, "path"), separator);
        Labels labels = Labels.of(options, whole);
        Features features = Features.of(options, whole, labels.columns());
        Table table = features.complete(whole);

        double[] values = features.read(table);
        Partition parts = labels.isClassification()
                ? Partition.stratified(labels.classes(table), fraction, options.integer("split_seed"))
                : Partition.random(table.size(), fraction, options.integer("split_seed"));
        features.learn(values, parts.kept());
        float[] finished = features.finish(values);
        int width = features.width();

        Map<String, Split> splits = new LinkedHashMap<>();
        splits.put(Dataset.TRAIN, new Rows(parts.kept(), finished, width, labels, table));
        if (parts.heldOut().length > 0) {
            splits.put(Dataset.VALIDATION, new Rows(parts.heldOut(), finished, width, labels, table));
        }
        if (options.path("test_path").isPresent()) {
            Table test = features.complete(Table.read(options.owner(), file(options, "test_path"), separator));
            int[] all = IntStream.range(0, test.size()).toArray();
            splits.put(Dataset.TEST, new Rows(all, features.finish(features.read(test)), width, labels, test));
        }
        SampleSpec spec = labels.isClassification()
                ? SampleSpec.classification(new Shape(width), labels.classes())
                : SampleSpec.regression(new Shape(width), labels.columns().size());
        return new Open(spec, splits);
    }

    private static Path file(Options options, String name) {
        return options.file(name, "a CSV file", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
    }

    private static char separator(Options options) {
        String text = options.text("separator");
        if (text.equals("tab") || text.equals("\\t")) {
            return '\t';
        }
        if (text.length() != 1 || text.equals("\"") || text.equals("\n")) {
            throw new UserError(options.owner() + ": option 'separator' is '" + text
                    + "', expected one character or 'tab'");
        }
        return text.charAt(0);
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}
}
