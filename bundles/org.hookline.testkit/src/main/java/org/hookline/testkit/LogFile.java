// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;

/**
 * The one file of a writer that goes on with what it finds there, for its tests. Each call is a process of its own: a
 * new writer is opened in the file's folder and closed.
 */
public final class LogFile {
    private final Path path;
    private final Supplier<? extends LogWriter> writer;

    /**
     * Describes the file; nothing is written.
     *
     * @param path where the writer has it
     * @param writer makes a writer
     */
    public LogFile(Path path, Supplier<? extends LogWriter> writer) {
        this.path = path;
        this.writer = writer;
    }

    /**
     * Writes records.
     *
     * @param entries the records
     * @throws IOException of the writer, which is closed
     */
    public void write(List<LogRecord> entries) throws IOException {
        write(entries, w -> {});
    }

    /**
     * Writes as a run does that is resumed, of the records of {@link LogRecords#ofRun}.
     *
     * @param from how many were written before the checkpoint
     * @param iteration that of the checkpoint
     * @throws IOException of the writer, which is closed
     */
    public void resume(int from, long iteration) throws IOException {
        List<LogRecord> whole = LogRecords.ofRun();
        List<LogRecord> ofCheckpoint = whole.subList(0, from).stream().filter(r -> r.iteration() == iteration).toList();
        write(whole.subList(from, whole.size()), w -> w.resumed(iteration, ofCheckpoint));
    }

    /**
     * Gives what the file is to be in the end. The file is not there afterwards.
     *
     * @return the bytes that a run writes that is never interrupted, {@link LogRecords#ofRun}
     * @throws IOException of the writer
     */
    public byte[] ofWholeRun() throws IOException {
        Files.deleteIfExists(path);
        write(LogRecords.ofRun());
        byte[] bytes = Files.readAllBytes(path);
        Files.delete(path);
        return bytes;
    }

    @FunctionalInterface
    private interface Start {
        void of(LogWriter opened) throws IOException;
    }

    private void write(List<LogRecord> entries, Start start) throws IOException {
        LogWriter opened = writer.get();
        opened.open(LogRecords.run(path.getParent(), Instant.EPOCH));
        try {
            start.of(opened);
            for (LogRecord entry : entries) {
                opened.write(entry);
            }
        } finally {
            opened.close();
        }
    }
}
