// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
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
 * A table with a header line: numeric columns as features, one column as label. Features are standardised with the mean
 * and deviation of the training rows alone.
 */
@Component(property = DatasetProvider.TYPE + "=csv")
public final class CsvProvider implements DatasetProvider {
    @Override
    public List<Option> options() {
        return List.of(
                Option.required("path", Option.Type.PATH, "the CSV file, UTF-8, with a header line"),
                Option.required("label", Option.Type.TEXT, "the column with the label"),
                Option.of("features", Option.Type.TEXTS, List.of(), "the columns of the features; empty: all others"),
                Option.choice("task", List.of("auto", "classification", "regression"), "auto",
                        "what the label is; auto: classes where it is text or few whole numbers"),
                Option.of("separator", Option.Type.TEXT, ",", "one character between values; 'tab' for a tabulator"),
                Option.of("standardize", Option.Type.BOOLEAN, true, "whether features get mean 0 and deviation 1"),
                Option.of("validation", Option.Type.NUMBER, 0.2,
                        "part of the rows for the validation split, from 0 to below 1; 0 with test_path"),
                Option.of("test_path", Option.Type.PATH, "", "a second file of the same columns: the test split"),
                Option.of("split_seed", Option.Type.INTEGER, 0, "seed of the choice of validation rows"));
    }

    @Override
    public Dataset open(Options options) throws IOException {
        String owner = options.owner();
        char separator = separator(options);
        Table table = Table.read(owner, options.path("path")
                .orElseThrow(() -> new UserError(owner + ": option 'path' is empty, expected a CSV file")), separator);
        int label = table.column(owner, options.text("label"));
        List<Integer> features = features(owner, options, table, label);
        Optional<Path> testPath = options.path("test_path");
        Optional<Table> test = Optional.empty();
        if (testPath.isPresent()) {
            test = Optional.of(Table.read(owner, testPath.get(), separator));
        }
        boolean classes = switch (options.text("task")) {
            case "classification" -> true;
            case "regression" -> false;
            default -> looksLikeClasses(table, label);
        };
        List<String> names = classes ? classNames(table, test, label, owner) : List.of();
        float[] values = table.numbers(owner, features);
        Labels labels = labels(owner, table, label, names);

        double fraction = options.number("validation", 0, 0.999999);
        int rows = table.rows().size();
        Partition parts = fraction == 0 ? new Partition(IntStream.range(0, rows).toArray(), new int[0])
                : classes ? Partition.stratified(labels.classes(), fraction, options.integer("split_seed"))
                        : Partition.random(rows, fraction, options.integer("split_seed"));
        int width = features.size();
        Scale scale = options.is("standardize") ? Scale.of(values, width, parts.kept()) : Scale.none(width);
        scale.apply(values);

        Map<String, Split> splits = new LinkedHashMap<>();
        splits.put(Dataset.TRAIN, new Rows(values, labels, width, parts.kept()));
        if (parts.heldOut().length > 0) {
            splits.put(Dataset.VALIDATION, new Rows(values, labels, width, parts.heldOut()));
        }
        if (test.isPresent()) {
            Table t = test.get();
            List<Integer> same = features.stream().map(c -> t.column(owner, table.columns().get(c))).toList();
            float[] testValues = t.numbers(owner, same);
            scale.apply(testValues);
            splits.put(Dataset.TEST, new Rows(testValues,
                    labels(owner, t, t.column(owner, options.text("label")), names), width,
                    IntStream.range(0, t.rows().size()).toArray()));
        }
        SampleSpec spec = classes ? SampleSpec.classification(new Shape(width), names)
                : SampleSpec.regression(new Shape(width), 1);
        return new Open(spec, Map.copyOf(splits));
    }

    private static char separator(Options options) {
        String text = options.text("separator");
        if (text.equals("tab")) {
            return '\t';
        }
        if (text.length() != 1) {
            throw new UserError(options.owner() + ": option 'separator' is '" + text
                    + "', expected one character or 'tab'");
        }
        return text.charAt(0);
    }

    private static List<Integer> features(String owner, Options options, Table table, int label) {
        List<Integer> features = new ArrayList<>();
        if (options.texts("features").isEmpty()) {
            IntStream.range(0, table.columns().size()).filter(c -> c != label).forEach(features::add);
        } else {
            options.texts("features").forEach(name -> features.add(table.column(owner, name)));
            if (features.contains(label)) {
                throw new UserError(owner + ": the label '" + table.columns().get(label)
                        + "' is among the features; a model would only copy it");
            }
        }
        if (features.isEmpty()) {
            throw new UserError(owner + ": " + table.file() + " has no column besides the label");
        }
        return features;
    }

    /** Text is a class; so are at most 20 different whole numbers, if each is there twice on average. */
    private static boolean looksLikeClasses(Table table, int label) {
        if (!table.isNumeric(label)) {
            return true;
        }
        TreeSet<String> different = new TreeSet<>();
        for (List<String> row : table.rows()) {
            String cell = row.get(label);
            different.add(cell);
            if (!cell.matches("-?[0-9]+") || different.size() > 20) {
                return false;
            }
        }
        return different.size() * 2 <= table.rows().size();
    }

    private static List<String> classNames(Table table, Optional<Table> test, int label, String owner) {
        TreeSet<String> names = new TreeSet<>(table.isNumeric(label)
                ? java.util.Comparator.comparingDouble(Double::parseDouble) : java.util.Comparator.naturalOrder());
        table.rows().forEach(row -> names.add(row.get(label)));
        if (names.size() < 2) {
            throw new UserError(owner + ": the label '" + table.columns().get(label) + "' of " + table.file()
                    + " has only the class " + names + "; expected two or more");
        }
        return List.copyOf(names);
    }

    private record Labels(int[] classes, float[] targets) {}

    private static Labels labels(String owner, Table table, int label, List<String> names) {
        if (names.isEmpty()) {
            return new Labels(new int[0], table.numbers(owner, List.of(label)));
        }
        int[] classes = new int[table.rows().size()];
        for (int r = 0; r < classes.length; r++) {
            String cell = table.rows().get(r).get(label);
            classes[r] = names.indexOf(cell);
            if (classes[r] < 0) {
                throw new UserError(owner + ": " + table.file() + ":" + table.lines().get(r) + ": the class '" + cell
                        + "' is not among those of the training rows: " + String.join(", ", names));
            }
        }
        return new Labels(classes, new float[0]);
    }

    /** Mean and deviation of each column. */
    private record Scale(double[] mean, double[] deviation) {
        static Scale none(int width) {
            double[] ones = new double[width];
            java.util.Arrays.fill(ones, 1);
            return new Scale(new double[width], ones);
        }

        static Scale of(float[] values, int width, int[] rows) {
            double[] mean = new double[width];
            double[] deviation = new double[width];
            for (int c = 0; c < width; c++) {
                for (int r : rows) {
                    mean[c] += values[r * width + c] / (double) rows.length;
                }
                for (int r : rows) {
                    double d = values[r * width + c] - mean[c];
                    deviation[c] += d * d / rows.length;
                }
                // A constant column stays at 0 instead of becoming NaN.
                deviation[c] = deviation[c] == 0 ? 1 : Math.sqrt(deviation[c]);
            }
            return new Scale(mean, deviation);
        }

        void apply(float[] values) {
            for (int i = 0; i < values.length; i++) {
                int c = i % mean.length;
                values[i] = (float) ((values[i] - mean[c]) / deviation[c]);
            }
        }
    }

    private record Open(SampleSpec spec, Map<String, Split> splits) implements Dataset {}

    private record Rows(float[] values, Labels labels, int width, int[] rows) implements Split {
        @Override
        public int size() {
            return rows.length;
        }

        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            out.put(values, rows[index] * width, width);
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            out.put(labels.classes()[rows[index]]);
        }

        @Override
        public void readTarget(int index, FloatBuffer out) {
            out.put(labels.targets()[rows[index]]);
        }
    }
}
