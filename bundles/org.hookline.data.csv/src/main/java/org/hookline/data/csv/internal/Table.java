// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * A table as text.
 *
 * @param owner who reads it, for messages
 * @param file where it came from
 * @param columns the header
 * @param rows the cells, by row and column
 * @param lines the line of each row in the file
 */
record Table(String owner, Path file, List<String> columns, List<List<String>> rows, List<Long> lines) {
    private static final Set<String> NO_NUMBER = Set.of("", "?", "na", "n/a", "nan", "null");
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /**
     * Reads a file: UTF-8, with a header line, quoted as RFC 4180 has it, gzip where its name ends with .gz.
     *
     * @param owner who reads it, for messages
     * @param file the file, which is there
     * @param separator between two cells
     * @return its cells
     * @throws UserError if it is no such table, or has no rows
     */
    static Table read(String owner, Path file, char separator) throws IOException {
        CSVFormat format = CSVFormat.DEFAULT.builder().setDelimiter(separator).setHeader().setSkipHeaderRecord(true)
                .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_ALL).setAllowMissingColumnNames(true)
                .setIgnoreSurroundingSpaces(true).setIgnoreEmptyLines(true).get();
        try (Reader reader = open(file); CSVParser parser = format.parse(reader)) {
            return read(owner, file, separator, parser);
        } catch (UncheckedIOException | IllegalArgumentException | CharacterCodingException | EOFException
                | ZipException e) {
            String why = e instanceof CharacterCodingException || e.getCause() instanceof CharacterCodingException
                    ? "it is not UTF-8" : String.valueOf(e.getMessage());
            throw new UserError(owner + ": " + file + " cannot be read as CSV: " + why, e);
        }
    }

    private static Reader open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            if (file.toString().endsWith(".gz")) {
                in = new GZIPInputStream(in, 1 << 16);
            }
            // A decoder, unlike a charset, reports what is malformed.
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
            reader.mark(1);
            if (reader.read() != BYTE_ORDER_MARK) {
                reader.reset();
            }
            return reader;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static Table read(String owner, Path file, char separator, CSVParser parser) {
        List<String> columns = parser.getHeaderNames();
        if (columns.isEmpty()) {
            throw new UserError(owner + ": " + file + " is empty; expected a header line and then samples");
        }
        for (int c = 0; c < columns.size(); c++) {
            String name = columns.get(c);
            if (name == null || name.isBlank() || columns.indexOf(name) != c) {
                throw new UserError(owner + ": " + file + ":1: column " + (c + 1) + " of the header "
                        + (name == null || name.isBlank() ? "has no name" : "is '" + name + "' once more")
                        + ", expected a name of its own for each");
            }
        }
        List<List<String>> rows = new ArrayList<>();
        List<Long> lines = new ArrayList<>();
        for (CSVRecord row : parser) {
            if (row.size() != columns.size()) {
                throw new UserError("%s: %s:%d: %d values, expected %d, one for each column of the header (separator"
                        .formatted(owner, file, parser.getCurrentLineNumber(), row.size(), columns.size())
                        + " '" + (separator == '\t' ? "tab" : separator) + "')");
            }
            rows.add(row.toList());
            lines.add(parser.getCurrentLineNumber());
        }
        if (rows.isEmpty()) {
            throw new UserError(owner + ": " + file + " has no rows; expected a header line and then samples");
        }
        return new Table(owner, file, columns, rows, lines);
    }

    /** The index of a column. */
    int column(String name) {
        int index = columns.indexOf(name);
        if (index < 0) {
            boolean noHeader = columns.stream().allMatch(c -> number(c) != null);
            throw new UserError(owner + ": " + file + " has no column '" + name + "'" + (noHeader
                    ? "; its first line holds numbers, expected the names of the columns"
                    : Nearest.suggest(name, columns)));
        }
        return index;
    }

    int size() {
        return rows.size();
    }

    String cell(int row, int column) {
        return rows.get(row).get(column);
    }

    /** Whether a cell stands for a number that is not known. */
    boolean isMissing(int row, int column) {
        return NO_NUMBER.contains(cell(row, column).toLowerCase(Locale.ROOT));
    }

    /**
     * Gives the number of a cell.
     *
     * @return the number, or NaN where it is missing
     * @throws UserError if it is something else
     */
    double number(int row, int column) {
        if (isMissing(row, column)) {
            return Double.NaN;
        }
        Double value = number(cell(row, column));
        if (value == null) {
            throw new UserError(at(row, column) + " is '" + cell(row, column)
                    + "', expected a number; name the column under 'categorical', or leave it out with 'features'");
        }
        return value;
    }

    private static Double number(String text) {
        try {
            double value = Double.parseDouble(text);
            return Double.isFinite(value) ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Whether all cells of a column that are not missing are numbers. */
    boolean isNumeric(int column) {
        for (int r = 0; r < size(); r++) {
            if (!isMissing(r, column) && number(cell(r, column)) == null) {
                return false;
            }
        }
        return true;
    }

    /** A place in the file, for the start of a message. */
    String at(int row, int column) {
        return owner + ": " + file + ":" + lines.get(row) + ": column '" + columns.get(column) + "'";
    }

    /** The same table with some of its rows. */
    Table only(List<Integer> kept) {
        return new Table(owner, file, columns, kept.stream().map(rows::get).toList(),
                kept.stream().map(lines::get).toList());
    }
}
