// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** CSV as RFC 4180 quotes it, in UTF-8; rows end with a line feed, and a carriage return before it is taken too. */
final class CsvText {
    /** No row of a table of metrics comes near to this; a file with longer ones is something else. */
    private static final int LONGEST_ROW = 16 << 20;

    private CsvText() {}

    /**
     * Adds a field.
     *
     * @param out the row so far
     * @param field its text
     */
    static void field(StringBuilder out, String field) {
        boolean quote = false;
        for (int i = 0; i < field.length() && !quote; i++) {
            char c = field.charAt(i);
            quote = c == ',' || c == '"' || c == '\n' || c == '\r';
        }
        if (quote) {
            out.append('"').append(field.replace("\"", "\"\"")).append('"');
        } else {
            out.append(field);
        }
    }

    /** Reads rows and tells where in the file they end. */
    static final class Reader implements AutoCloseable {
        private final InputStream in;
        private final ByteArrayOutputStream field = new ByteArrayOutputStream(64);
        private List<String> fields = List.of();
        private boolean endsWithQuote;
        private long end;
        private boolean terminated;

        /**
         * Starts at the first row.
         *
         * @param in the file; closed with this reader
         */
        Reader(InputStream in) {
            this.in = new BufferedInputStream(in, 1 << 16);
        }

        /**
         * Goes on to the next row.
         *
         * @return false if there is none
         * @throws IOException if the file cannot be read, or has a row that no table of metrics has
         */
        boolean next() throws IOException {
            fields = new ArrayList<>();
            field.reset();
            terminated = false;
            long start = end;
            boolean quoted = false;
            int b;
            while ((b = in.read()) >= 0) {
                end++;
                if (end - start > LONGEST_ROW) {
                    throw new IOException("a row of more than " + LONGEST_ROW + " bytes");
                }
                if (b == '"') {
                    // Two quotes inside a quoted field: out and in again, and one of them is text.
                    if (!quoted && endsWithQuote) {
                        field.write('"');
                    }
                    quoted = !quoted;
                    endsWithQuote = !quoted;
                    continue;
                }
                endsWithQuote = false;
                if (quoted) {
                    field.write(b);
                } else if (b == ',') {
                    endField();
                } else if (b == '\n') {
                    endField();
                    terminated = true;
                    return true;
                } else if (b != '\r') {
                    field.write(b);
                }
            }
            if (end > start) {
                endField();
            }
            return end > start;
        }

        private void endField() {
            endsWithQuote = false;
            fields.add(field.toString(StandardCharsets.UTF_8));
            field.reset();
        }

        /** {@return the row's fields} */
        List<String> fields() {
            return fields;
        }

        /** {@return the number of bytes from the start of the file to the end of this row} */
        long end() {
            return end;
        }

        /** {@return whether the row has its end; what a crash left has none} */
        boolean terminated() {
            return terminated;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
