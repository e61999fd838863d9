// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hookline.api.UserError;
import org.hookline.api.options.Options;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How columns become the numbers of a sample: a numeric column is one number, a categorical one a number for each of
 * its values, 1 for its own and 0 for the others. What is learnt from values is learnt from the training rows alone.
 */
final class Features {
    private static final Logger LOG = LoggerFactory.getLogger(Features.class);

    /**
     * A column.
     *
     * @param name its header
     * @param values those of a categorical column, in order; empty for a numeric one
     */
    private record Column(String name, List<String> values) {
        int width() {
            return Math.max(1, values.size());
        }
    }

    private final List<Column> columns;
    private final Missing missing;
    private final boolean standardize;
    private double[] mean;
    private double[] deviation;

    private Features(List<Column> columns, Missing missing, boolean standardize) {
        this.columns = columns;
        this.missing = missing;
        this.standardize = standardize;
    }

    /** Chooses the columns that the options name, of a table whose values are those to be known. */
    static Features of(Options options, Table table, List<String> labels) {
        List<String> names = new ArrayList<>(options.texts("features"));
        List<String> categorical = options.texts("categorical");
        if (names.isEmpty()) {
            table.columns().stream().filter(c -> !labels.contains(c)).forEach(names::add);
        }
        for (String name : categorical) {
            table.column(name);
            if (!names.contains(name)) {
                throw new UserError(options.owner() + ": option 'categorical' has '" + name
                        + "', which is not among the features: " + String.join(", ", names));
            }
        }
        List<Column> columns = new ArrayList<>();
        for (String name : names) {
            int index = table.column(name);
            if (labels.contains(name)) {
                throw new UserError(options.owner() + ": the label '" + name
                        + "' is among the features; a model would only copy it");
            }
            List<String> values = List.of();
            if (categorical.contains(name)) {
                TreeSet<String> found = new TreeSet<>();
                for (int r = 0; r < table.size(); r++) {
                    if (!table.isMissing(r, index)) {
                        found.add(table.cell(r, index));
                    }
                }
                values = List.copyOf(found);
            }
            columns.add(new Column(name, values));
        }
        if (columns.isEmpty()) {
            throw new UserError(options.owner() + ": " + table.file() + " has no column besides the label");
        }
        return new Features(columns, Missing.of(options), options.is("standardize"));
    }

    /** The number of numbers of a sample. */
    int width() {
        return columns.stream().mapToInt(Column::width).sum();
    }

    /** Leaves out the rows that are to be dropped, or refuses them. */
    Table complete(Table table) {
        List<Integer> kept = new ArrayList<>();
        for (int r = 0; r < table.size(); r++) {
            boolean whole = true;
            for (Column column : columns) {
                int index = table.column(column.name());
                if (table.isMissing(r, index)) {
                    whole = false;
                    if (missing == Missing.ERROR) {
                        throw new UserError(table.at(r, index) + " has no value ('" + table.cell(r, index)
                                + "'); set the option 'missing' to drop, mean or zero, or fill the gap");
                    }
                }
            }
            if (whole || missing != Missing.DROP) {
                kept.add(r);
            }
        }
        if (kept.size() == table.size()) {
            return table;
        }
        LOG.info("{}: {} of {} rows of {} are left out for missing values", table.owner(), table.size() - kept.size(),
                table.size(), table.file());
        if (kept.isEmpty()) {
            throw new UserError(table.owner() + ": every row of " + table.file() + " misses a value, and the option"
                    + " 'missing' is drop");
        }
        return table.only(kept);
    }

    /** Turns a table into numbers, row by row; a missing value is NaN. */
    double[] read(Table table) {
        int width = width();
        double[] values = new double[table.size() * width];
        Set<String> unknown = new HashSet<>();
        int at = 0;
        for (Column column : columns) {
            int index = table.column(column.name());
            for (int r = 0; r < table.size(); r++) {
                if (column.values().isEmpty()) {
                    values[r * width + at] = table.number(r, index);
                } else if (table.isMissing(r, index)) {
                    Arrays.fill(values, r * width + at, r * width + at + column.width(), Double.NaN);
                } else {
                    int value = column.values().indexOf(table.cell(r, index));
                    if (value >= 0) {
                        values[r * width + at + value] = 1;
                    } else if (unknown.add(column.name())) {
                        LOG.warn("{} is '{}', which does not occur in training; it counts as none of the values",
                                table.at(r, index), table.cell(r, index));
                    }
                }
            }
            at += column.width();
        }
        return values;
    }

    /** Learns mean and deviation of each number. */
    void learn(double[] values, int[] rows) {
        int width = width();
        mean = new double[width];
        deviation = new double[width];
        for (int c = 0; c < width; c++) {
            double sum = 0;
            int count = 0;
            for (int r : rows) {
                double v = values[r * width + c];
                if (!Double.isNaN(v)) {
                    sum += v;
                    count++;
                }
            }
            mean[c] = count == 0 ? 0 : sum / count;
            double square = 0;
            for (int r : rows) {
                double v = filled(values[r * width + c], c);
                square += (v - mean[c]) * (v - mean[c]);
            }
            // A constant column stays at 0 instead of becoming NaN; rounding must not pass for a deviation.
            double d = Math.sqrt(square / rows.length);
            deviation[c] = d > 1e-12 * Math.abs(mean[c]) ? d : 1;
        }
    }

    /** Fills what is missing, standardises, and rounds to float last: a large mean costs no digits. */
    float[] finish(double[] values) {
        int width = width();
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int c = i % width;
            double v = filled(values[i], c);
            result[i] = (float) (standardize ? (v - mean[c]) / deviation[c] : v);
        }
        return result;
    }

    private double filled(double value, int column) {
        if (!Double.isNaN(value)) {
            return value;
        }
        return missing == Missing.ZERO ? 0 : mean[column];
    }
}
