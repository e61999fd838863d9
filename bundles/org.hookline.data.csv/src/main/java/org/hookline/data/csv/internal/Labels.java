// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hookline.api.UserError;
import org.hookline.api.options.Options;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The label columns and what they mean.
 *
 * @param columns their names; one where there are classes
 * @param classes the names of the classes in order; empty for target values
 */
record Labels(List<String> columns, List<String> classes) {
    private static final Logger LOG = LoggerFactory.getLogger(Labels.class);
    private static final int MOST_CLASSES_IN_NUMBERS = 20;

    /** Decides what the labels of a table are. */
    static Labels of(Options options, Table table) {
        List<String> columns = options.texts("label");
        if (columns.isEmpty()) {
            throw new UserError(options.owner() + ": option 'label' is empty, expected the name of a column");
        }
        columns.forEach(table::column);
        boolean classes = switch (options.text("task")) {
            case "classification" -> true;
            case "regression" -> false;
            default -> columns.size() == 1 && looksLikeClasses(table, table.column(columns.getFirst()));
        };
        if (!classes) {
            LOG.info("{}: '{}' is taken as a number (task: regression)", options.owner(), String.join("', '", columns));
            return new Labels(columns, List.of());
        }
        if (columns.size() > 1) {
            throw new UserError(options.owner() + ": option 'label' has " + columns.size() + " columns, expected one"
                    + " where the task is classification");
        }
        Labels labels = new Labels(columns, names(table, table.column(columns.getFirst())));
        LOG.info("{}: '{}' is taken as one of {} classes (task: classification)", options.owner(),
                columns.getFirst(), labels.classes().size());
        return labels;
    }

    /** Text is a class; so are at most 20 different whole numbers, if each is there twice on average. */
    private static boolean looksLikeClasses(Table table, int label) {
        if (!table.isNumeric(label)) {
            return true;
        }
        Set<String> different = new LinkedHashSet<>();
        for (int r = 0; r < table.size(); r++) {
            String name = name(table.cell(r, label));
            different.add(name);
            if (!name.matches("-?[0-9]+") || different.size() > MOST_CLASSES_IN_NUMBERS) {
                return false;
            }
        }
        return different.size() * 2 <= table.size();
    }

    /** The name of a class; 1, 1.0 and 01 are one. */
    private static String name(String cell) {
        if (cell.matches("[-+]?[0-9]+(\\.0*)?") && cell.length() < 16) {
            return Long.toString((long) Double.parseDouble(cell));
        }
        return cell;
    }

    private static List<String> names(Table table, int label) {
        TreeSet<String> names = new TreeSet<>(table.isNumeric(label)
                ? Comparator.comparingDouble(Labels::value).thenComparing(Comparator.naturalOrder())
                : Comparator.<String>naturalOrder());
        for (int r = 0; r < table.size(); r++) {
            names.add(classOf(table, r, label));
        }
        if (names.size() < 2) {
            throw new UserError(table.owner() + ": the label '" + table.columns().get(label) + "' of " + table.file()
                    + " has only the class " + names.first() + "; expected two or more");
        }
        return List.copyOf(names);
    }

    private static double value(String name) {
        try {
            return Double.parseDouble(name);
        } catch (NumberFormatException e) {
            // A gap's sign, such as NA, among numbers: it is a class of its own.
            return Double.POSITIVE_INFINITY;
        }
    }

    private static String classOf(Table table, int row, int label) {
        if (table.cell(row, label).isEmpty()) {
            throw new UserError(table.at(row, label) + " is empty, expected a class");
        }
        return name(table.cell(row, label));
    }

    boolean isClassification() {
        return !classes.isEmpty();
    }

    /** The class of each row. */
    int[] classes(Table table) {
        int label = table.column(columns.getFirst());
        int[] result = new int[table.size()];
        for (int r = 0; r < result.length; r++) {
            String name = classOf(table, r, label);
            result[r] = classes.indexOf(name);
            if (result[r] < 0) {
                throw new UserError(table.at(r, label) + " is the class '" + name
                        + "', which the training file does not have; there are: " + String.join(", ", classes));
            }
        }
        return result;
    }

    /** The target values, row by row. */
    float[] targets(Table table) {
        float[] result = new float[table.size() * columns.size()];
        int at = 0;
        for (int r = 0; r < table.size(); r++) {
            for (String column : columns) {
                int index = table.column(column);
                if (table.isMissing(r, index)) {
                    throw new UserError(table.at(r, index) + " has no value ('" + table.cell(r, index)
                            + "'); a label cannot be missing");
                }
                result[at++] = (float) table.number(r, index);
            }
        }
        return result;
    }
}
