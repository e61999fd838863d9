// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.WholeWrite;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CSV table of a run: first the columns that say what a row is and where the run was, then one for each scalar, in
 * the order in which they first came. A scalar without a value in a record is an empty field.
 *
 * <p>A record with new scalars widens the table: the file is written again beside itself with the longer header, and
 * then takes the place of the old one, so that a reader sees the one or the other. This happens a few times at the
 * start of a run.
 *
 * <p>A file that is there already is gone on with. A run that was resumed tells where it goes on; otherwise the first
 * record does. The rows from there on are written again by this run, or are none of it, so they are cut off, and with
 * them a row that a crash left torn and the row of an end that was not the end. Columns that only they had go too.
 */
final class MetricsTable implements AutoCloseable {
    /** The name of the file unless another one is given. */
    static final String DEFAULT_NAME = "metrics.csv";

    private static final Logger LOG = LoggerFactory.getLogger(MetricsTable.class);
    private static final List<String> FIXED =
            List.of("kind", "split", "epoch", "iteration", "inner_iteration", "elapsed");
    private static final Set<String> KINDS = Set.copyOf(
            Arrays.stream(LogRecord.Kind.values()).map(MetricsTable::nameOf).toList());
    private static final String FIXED_HEADER = String.join(",", FIXED);

    /** Stands before a scalar that is named like one of the first columns. */
    private static final String SCALAR_PREFIX = "scalar/";

    private final Path path;
    private final StringBuilder text = new StringBuilder(1024);

    /** The columns of the scalars by label, in order; counted from 0. */
    private final Map<String, Integer> columns = new LinkedHashMap<>();

    private FileChannel channel;
    private boolean placed;

    /**
     * What a row is about. Two rows with the same mark are the same record, written twice.
     *
     * @param kind in lower case
     * @param iteration the number of iterations completed
     * @param split what was evaluated; empty if nothing was
     */
    private record Mark(String kind, long iteration, String split) {
        static Mark of(LogRecord entry) {
            return new Mark(nameOf(entry.kind()), entry.iteration(),
                    entry.split().map(MetricsTable::oneLine).orElse(""));
        }

        static Optional<Mark> of(List<String> row, int width) {
            if (row.size() != width || !KINDS.contains(row.getFirst())) {
                return Optional.empty();
            }
            try {
                return Optional.of(new Mark(row.getFirst(), Long.parseLong(row.get(3)), row.get(1)));
            } catch (NumberFormatException broken) {
                return Optional.empty();
            }
        }

        boolean end() {
            return kind.equals(nameOf(LogRecord.Kind.END));
        }

        /** {@return whether a run that goes on with the given record writes this one again} */
        boolean writtenAgainFrom(Mark first) {
            return iteration > first.iteration || equals(first);
        }
    }

    private static String nameOf(LogRecord.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Opens a file, without changing what it holds.
     *
     * @param path the file; its folder is made
     * @throws IOException if it cannot be opened for writing
     */
    MetricsTable(Path path) throws IOException {
        this.path = path;
        Files.createDirectories(path.toAbsolutePath().getParent());
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /**
     * Takes back what the run does not have, if there is anything.
     *
     * @param iteration from which the run goes on
     * @param records of this iteration
     * @throws IOException if the file is something else or cannot be written
     */
    void resumed(long iteration, List<LogRecord> records) throws IOException {
        if (channel.size() == 0) {
            return;
        }
        cutBack(mark -> mark.iteration() >= iteration, iteration);
        placed = true;
        for (LogRecord entry : records) {
            append(entry);
        }
    }

    /**
     * Adds a record.
     *
     * @param entry the record
     * @throws IOException if it cannot be written; the file then ends with the record before it
     */
    void append(LogRecord entry) throws IOException {
        if (!placed) {
            if (channel.size() > 0) {
                Mark first = Mark.of(entry);
                cutBack(mark -> mark.writtenAgainFrom(first), first.iteration());
            }
            placed = true;
        }
        int before = columns.size();
        for (String name : entry.scalars().keySet()) {
            columns.putIfAbsent(label(name), columns.size());
        }
        text.setLength(0);
        if (channel.position() == 0) {
            header();
        } else if (columns.size() > before) {
            widen(columns.size() - before);
        }
        row(entry);
        write();
    }

    private void header() {
        text.append(FIXED_HEADER);
        for (String label : columns.keySet()) {
            CsvText.field(text.append(','), label);
        }
        text.append('\n');
    }

    private static String label(String name) {
        return FIXED.contains(name) ? SCALAR_PREFIX + name : oneLine(name);
    }

    private static String oneLine(String name) {
        return name.replace('\n', ' ').replace('\r', ' ');
    }

    private void row(LogRecord entry) {
        text.append(nameOf(entry.kind())).append(',');
        CsvText.field(text, oneLine(entry.split().orElse("")));
        text.append(',').append(entry.epoch());
        text.append(',').append(entry.iteration());
        text.append(',').append(entry.innerIteration());
        text.append(',').append(Math.rint(entry.elapsedSeconds() * 1000) / 1000);
        String[] fields = new String[columns.size()];
        entry.scalars().forEach((name, v) -> fields[columns.get(label(name))] = Double.toString(v.smoothed()));
        for (String field : fields) {
            text.append(',');
            if (field != null) {
                text.append(field);
            }
        }
        text.append('\n');
    }

    private void write() throws IOException {
        WholeWrite.append(channel, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Writes the file again with the header that the columns now have, and with empty fields in the rows. */
    private void widen(int added) throws IOException {
        header();
        byte[] header = text.toString().getBytes(StandardCharsets.UTF_8);
        text.setLength(0);
        replace(out -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
                copyWider(in, out, header, added);
            }
        });
    }

    /** Writes the file again with the header that the columns now have, and with no more fields in the rows. */
    private void narrow() throws IOException {
        header();
        byte[] header = text.toString().getBytes(StandardCharsets.UTF_8);
        int width = FIXED.size() + columns.size();
        replace(out -> {
            out.write(header);
            try (CsvText.Reader rows = new CsvText.Reader(Files.newInputStream(path))) {
                rows.next();
                while (rows.next()) {
                    text.setLength(0);
                    List<String> fields = rows.fields();
                    for (int i = 0; i < Math.min(width, fields.size()); i++) {
                        CsvText.field(i == 0 ? text : text.append(','), fields.get(i));
                    }
                    out.write(text.append('\n').toString().getBytes(StandardCharsets.UTF_8));
                }
            }
        });
        text.setLength(0);
    }

    @FunctionalInterface
    private interface Content {
        void write(OutputStream out) throws IOException;
    }

    /** Puts a file that is written beside the old one in its place, so that a reader sees the one or the other. */
    private void replace(Content content) throws IOException {
        Path beside = path.resolveSibling(path.getFileName() + ".tmp");
        try {
            try (FileChannel to = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING);
                    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(to), 1 << 16)) {
                content.write(out);
                out.flush();
                to.force(true);
            }
            // Closed first: not every system replaces an open file.
            channel.close();
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
        channel = FileChannel.open(path, StandardOpenOption.WRITE);
        channel.position(channel.size());
    }

    private static void copyWider(InputStream in, OutputStream out, byte[] header, int added) throws IOException {
        byte[] end = ",".repeat(added).concat("\n").getBytes(StandardCharsets.UTF_8);
        boolean inHeader = true;
        boolean quoted = false;
        int b;
        while ((b = in.read()) >= 0) {
            if (b == '"') {
                quoted = !quoted;
            }
            if (b == '\n' && !quoted) {
                out.write(inHeader ? header : end);
                inHeader = false;
            } else if (!inHeader && (b != '\r' || quoted)) {
                out.write(b);
            }
        }
    }

    /** Takes the columns of the file and leaves the rows before the first one that is written again. */
    private void cutBack(Predicate<Mark> writtenAgain, long iteration) throws IOException {
        long size = channel.size();
        long keep = 0;
        long beforeLast = 0;
        int used = 0;
        int usedBeforeLast = 0;
        Optional<Mark> last = Optional.empty();
        try (CsvText.Reader rows = new CsvText.Reader(Files.newInputStream(path))) {
            if (takeHeader(rows)) {
                keep = rows.end();
                while (rows.next()) {
                    checkNotSwallowed(rows);
                    if (!rows.terminated()) {
                        // Which number a torn one was cannot be told: 0.12 may be what is left of 0.125.
                        break;
                    }
                    Optional<Mark> mark = Mark.of(rows.fields(), FIXED.size() + columns.size());
                    if (mark.filter(writtenAgain).isPresent()) {
                        break;
                    }
                    // A row that says nothing stays if a good one comes after it: somebody may have put it there.
                    if (mark.isPresent()) {
                        beforeLast = keep;
                        usedBeforeLast = used;
                        keep = rows.end();
                        used = Math.max(used, used(rows.fields()));
                        last = mark;
                    }
                }
            }
        } catch (IOException e) {
            columns.clear();
            throw new IOException(path + " cannot be gone on with: " + e.getMessage() + "; move it away, or give "
                    + "CSVLoggerHook another file", e);
        }
        if (last.isPresent() && last.get().end()) {
            keep = beforeLast;
            used = usedBeforeLast;
        }
        channel.truncate(keep);
        channel.position(keep);
        if (keep < size) {
            LOG.info("{}: cut back from {} to {} bytes, the run goes on at iteration {}", path, size, keep, iteration);
        }
        if (used < columns.size()) {
            // This run may get its columns in another order.
            int kept = used;
            columns.values().removeIf(index -> index >= kept);
            narrow();
        }
    }

    /** {@return the number of columns of scalars up to the last one with a value} */
    private static int used(List<String> row) {
        int width = row.size();
        while (width > FIXED.size() && row.get(width - 1).isEmpty()) {
            width--;
        }
        return width - FIXED.size();
    }

    /** Takes the columns; false if a crash left no more than a part of the header. */
    private boolean takeHeader(CsvText.Reader rows) throws IOException {
        rows.next();
        checkNotSwallowed(rows);
        List<String> header = rows.fields();
        if (!rows.terminated()) {
            String torn = String.join(",", header);
            // A file system may leave zeros where data did not reach the disk.
            if (FIXED_HEADER.startsWith(torn) || torn.startsWith(FIXED_HEADER) || torn.chars().allMatch(c -> c == 0)) {
                return false;
            }
        } else if (header.size() >= FIXED.size() && header.subList(0, FIXED.size()).equals(FIXED)) {
            for (String label : header.subList(FIXED.size(), header.size())) {
                if (columns.putIfAbsent(label, columns.size()) != null) {
                    throw new IOException("it has two columns named " + label);
                }
            }
            return true;
        }
        throw new IOException("its header does not start with " + FIXED_HEADER);
    }

    /**
     * No text here has line breaks. So a row that has one comes from a quote that damage left open, which makes one row
     * of all that follows: cutting that off would take good rows with it.
     */
    private static void checkNotSwallowed(CsvText.Reader rows) throws IOException {
        if (rows.fields().stream().anyMatch(f -> f.indexOf('\n') >= 0)) {
            throw new IOException("a quote is not closed");
        }
    }

    @Override
    public void close() throws IOException {
        try (FileChannel closing = channel) {
            if (closing.isOpen()) {
                closing.force(true);
            }
        }
    }
}
