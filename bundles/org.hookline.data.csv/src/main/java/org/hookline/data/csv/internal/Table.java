// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * A table as text.
 *
 * @param file where it came from
 * @param columns the header
 * @param rows the cells, by row and column
 * @param lines the line of each row in the file
 */
record Table(Path file, List<String> columns, List<List<String>> rows, List<Long> lines) {

    static Table read(String owner, Path file, char separator) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new UserError(owner + ": there is no file " + file);
        }
        CSVFormat format = CSVFormat.DEFAULT.builder().setDelimiter(separator).setHeader().setSkipHeaderRecord(true)
                .setIgnoreSurroundingSpaces(true).setIgnoreEmptyLines(true).get();
        List<List<String>> rows = new ArrayList<>();
        List<Long> lines = new ArrayList<>();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
                CSVParser parser = format.parse(reader)) {
            List<String> columns = parser.getHeaderNames();
            for (CSVRecord row : parser) {
                if (row.size() != columns.size()) {
                    throw new UserError(owner + ": " + file + ":" + parser.getCurrentLineNumber() + ": " + row.size()
                            + " values, expected " + columns.size() + ", one for each column of the header");
                }
                rows.add(row.toList());
                lines.add(parser.getCurrentLineNumber());
            }
            if (rows.isEmpty()) {
                throw new UserError(owner + ": " + file + " has no rows; expected a header line and then samples");
            }
            return new Table(file, columns, rows, lines);
        } catch (UncheckedIOException | IllegalArgumentException | java.nio.charset.CharacterCodingException e) {
            throw new UserError(owner + ": " + file + " cannot be read as CSV: " + e.getMessage(), e);
        }
    }

    int column(String owner, String name) {
        int index = columns.indexOf(name);
        if (index < 0) {
            throw new UserError(owner + ": " + file + " has no column '" + name + "'" + Nearest.suggest(name, columns));
        }
        return index;
    }

    /** The numbers of some columns, row by row. */
    float[] numbers(String owner, List<Integer> wanted) {
        float[] values = new float[rows.size() * wanted.size()];
        for (int r = 0, i = 0; r < rows.size(); r++) {
            for (int c : wanted) {
                values[i++] = number(owner, r, c);
            }
        }
        return values;
    }

    private float number(String owner, int row, int column) {
        String cell = rows.get(row).get(column);
        try {
            float value = Float.parseFloat(cell);
            if (Float.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below, with its place.
        }
        throw new UserError(owner + ": " + file + ":" + lines.get(row) + ": column '" + columns.get(column) + "' is '"
                + cell + "', expected a number; leave the column out with 'features', or fill the gap");
    }

    boolean isNumeric(int column) {
        for (List<String> row : rows) {
            try {
                Float.parseFloat(row.get(column));
            } catch (NumberFormatException e) {
                return false;
            }
        }
        return true;
    }
}
