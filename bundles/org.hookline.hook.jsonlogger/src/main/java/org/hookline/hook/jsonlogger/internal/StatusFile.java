// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.jsonlogger.internal;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.WholeWrite;
import org.hookline.hook.jsonlogger.internal.JsonLine.Mark;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JSON Lines file of a run. Each record is one write to the file, so that somebody who follows it sees whole lines.
 *
 * <p>A file that is there already is gone on with. A run that was resumed tells where it goes on; otherwise the first
 * record does. What the file holds from there on is written again by this run, or is none of it, so it is cut off, and
 * with it a line that a crash left torn and the line of an end that was not the end. The file is then the same as that
 * of a run that was never interrupted.
 */
final class StatusFile implements AutoCloseable {
    /** The name of the file unless another one is given. */
    static final String DEFAULT_NAME = "training_status.jsonl";

    private static final Logger LOG = LoggerFactory.getLogger(StatusFile.class);

    /** No line of this format comes near to this; a file with longer ones is something else. */
    private static final int LONGEST_LINE = 16 << 20;

    private static final byte[] START = "{\"kind\":\"".getBytes(StandardCharsets.UTF_8);

    private final Path path;
    private final FileChannel channel;
    private final StringWriter text = new StringWriter(1024);
    private boolean placed;

    /**
     * Opens a file, without changing what it holds.
     *
     * @param path the file; its folder is made
     * @throws IOException if it cannot be opened for writing
     */
    StatusFile(Path path) throws IOException {
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
        text.getBuffer().setLength(0);
        cutBack(mark -> mark.iteration() >= iteration, iteration);
        placed = true;
        for (LogRecord entry : records) {
            JsonLine.write(entry, text);
        }
        write();
    }

    /**
     * Adds a record.
     *
     * @param entry the record
     * @throws IOException if it cannot be written; the file then ends with the record before it
     */
    void append(LogRecord entry) throws IOException {
        text.getBuffer().setLength(0);
        if (!placed) {
            if (channel.size() > 0) {
                Mark first = Mark.of(entry);
                cutBack(mark -> mark.writtenAgainFrom(first), first.iteration());
            }
            placed = true;
        }
        JsonLine.write(entry, text);
        write();
    }

    private void write() throws IOException {
        WholeWrite.append(channel, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Leaves what is before the first line that is written again. */
    private void cutBack(Predicate<Mark> writtenAgain, long iteration) throws IOException {
        long size = channel.size();
        long keep = 0;
        long beforeLast = 0;
        Optional<Mark> last = Optional.empty();
        boolean lastIsTerminated = true;
        boolean known = false;
        try (Lines lines = new Lines(path)) {
            while (lines.next()) {
                Optional<Mark> mark = JsonLine.mark(lines.text());
                known |= mark.isPresent();
                if (mark.filter(writtenAgain).isPresent()) {
                    break;
                }
                // A line that says nothing stays if a good one comes after it, as somebody may have put it there.
                if (mark.isPresent()) {
                    beforeLast = keep;
                    keep = lines.end();
                    last = mark;
                    lastIsTerminated = lines.terminated();
                }
            }
        }
        if (!known && !torn()) {
            throw new IOException(path + " holds something else than training status: move it away, or give "
                    + "JSONLoggerHook another file");
        }
        if (last.isPresent() && last.get().end()) {
            keep = beforeLast;
            lastIsTerminated = true;
        }
        channel.truncate(keep);
        channel.position(keep);
        if (!lastIsTerminated) {
            text.append('\n');
        }
        if (keep < size) {
            LOG.info("{}: cut back from {} to {} bytes, the run goes on at iteration {}", path, size, keep,
                    iteration);
        }
    }

    /** {@return whether the file can be what a crash left of a first line} */
    private boolean torn() throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] start = in.readNBytes(START.length);
            for (int i = 0; i < start.length; i++) {
                // A file system may leave zeros where data did not reach the disk.
                if (start[i] != START[i] && start[i] != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            channel.force(true);
        }
    }

    /** The lines of a file with their places. */
    private static final class Lines implements AutoCloseable {
        private final Path path;
        private final InputStream in;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        private long end;
        private boolean terminated;

        Lines(Path path) throws IOException {
            this.path = path;
            in = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        }

        boolean next() throws IOException {
            line.reset();
            terminated = false;
            int b;
            while ((b = in.read()) >= 0) {
                end++;
                if (b == '\n') {
                    terminated = true;
                    return true;
                }
                line.write(b);
                if (line.size() > LONGEST_LINE) {
                    throw new IOException(path + " has a line of more than " + LONGEST_LINE
                            + " bytes, so it is not training status: give JSONLoggerHook another file");
                }
            }
            return line.size() > 0;
        }

        String text() {
            return line.toString(StandardCharsets.UTF_8);
        }

        long end() {
            return end;
        }

        boolean terminated() {
            return terminated;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
