// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunListener.RunEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes {@code events.jsonl} and tells the listener. For any thread. */
final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.run");

    private final Path file;
    private final Clock clock;
    private final RunListener listener;
    private final Writer writer;
    private boolean closed;

    EventLog(Path folder, Clock clock, RunListener listener) {
        this.file = folder.resolve("events.jsonl");
        this.clock = clock;
        this.listener = listener;
        try {
            writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private UserError unwritable(IOException e) {
        return new UserError("cannot write " + file + ": " + HookFailure.describe(e)
                + "; free some space or choose another folder with --output", e);
    }

    /**
     * Records an event: on the disk when this returns.
     *
     * @throws UserError if the file cannot be written
     */
    void event(String type, long iteration, String text, Map<String, ?> details) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", Instant.now(clock).truncatedTo(ChronoUnit.MILLIS).toString());
        line.put("event", type);
        line.put("iteration", iteration);
        line.putAll(details);
        LOG.info("{}", text);
        synchronized (this) {
            if (closed) {
                return;
            }
            try {
                writer.write(Json.line(line));
                writer.write('\n');
                writer.flush();
            } catch (IOException e) {
                throw unwritable(e);
            }
        }
        listener.on(new RunEvent(type, iteration, Map.copyOf(withoutNulls(details)), text));
    }

    private static Map<String, Object> withoutNulls(Map<String, ?> details) {
        Map<String, Object> result = new LinkedHashMap<>(details);
        result.values().removeIf(v -> v == null);
        return result;
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            writer.close();
        } catch (IOException e) {
            LOG.warn("cannot close {}: {}", file, e.toString());
        }
    }
}
