// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.hookline.api.UserError;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunListener.RunEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes {@code events.jsonl} and tells the listener, in the order in which events came. For any thread. What is put
 * off ({@link #later}) is written by a thread of this log: a training loop that changes its hooks does not wait for the
 * disk and the terminal.
 */
final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.run");
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    /** An event, with the moment at which it happened. */
    private record Entry(Instant time, String type, long iteration, String text, Map<String, ?> details) {}

    private final Path file;
    private final Clock clock;
    private final RunListener listener;
    private final Writer writer;
    private final Queue<Entry> waiting = new ConcurrentLinkedQueue<>();

    /** Held while events are written: those that wait go before one that comes now. */
    private final ReentrantLock writing = new ReentrantLock();

    /** Why one that was put off could not be written: thrown to whoever comes next. */
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

    private Thread thread;
    private volatile boolean closed;

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

    /** The run begins: from now on events can be put off. */
    void start() {
        thread = Thread.ofPlatform().daemon().name("hookline-events").start(() -> {
            while (!closed) {
                writing.lock();
                try {
                    writeWaiting();
                } catch (RuntimeException e) {
                    failure.compareAndSet(null, e);
                } finally {
                    writing.unlock();
                }
                if (waiting.isEmpty() && !closed) {
                    LockSupport.park(this);
                }
            }
        });
    }

    /**
     * Records an event: on the disk when this returns, behind all that came before.
     *
     * @throws UserError if the file cannot be written
     */
    void event(String type, long iteration, String text, Map<String, ?> details) {
        Entry entry = entry(type, iteration, text, details);
        writing.lock();
        try {
            writeWaiting();
            rethrow();
            write(entry);
        } finally {
            writing.unlock();
        }
    }

    /**
     * Records an event that is on the disk soon.
     *
     * @throws UserError if one before could not be written
     */
    void later(String type, long iteration, String text, Map<String, ?> details) {
        if (thread == null) {
            event(type, iteration, text, details);
            return;
        }
        rethrow();
        waiting.add(entry(type, iteration, text, details));
        LockSupport.unpark(thread);
    }

    private Entry entry(String type, long iteration, String text, Map<String, ?> details) {
        return new Entry(Instant.now(clock), type, iteration, text, details);
    }

    private void rethrow() {
        RuntimeException before = failure.getAndSet(null);
        if (before != null) {
            throw before;
        }
    }

    private void writeWaiting() {
        for (Entry entry = waiting.poll(); entry != null; entry = waiting.poll()) {
            write(entry);
        }
    }

    private void write(Entry entry) {
        LOG.info("{}", entry.text());
        if (closed) {
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", entry.time().truncatedTo(ChronoUnit.MILLIS).toString());
        line.put("event", entry.type());
        line.put("iteration", entry.iteration());
        line.putAll(entry.details());
        try {
            writer.write(Json.line(line));
            writer.write('\n');
            writer.flush();
        } catch (IOException e) {
            throw unwritable(e);
        }
        listener.on(new RunEvent(entry.type(), entry.iteration(), Map.copyOf(withoutNulls(entry.details())),
                entry.text()));
    }

    private static Map<String, Object> withoutNulls(Map<String, ?> details) {
        Map<String, Object> result = new LinkedHashMap<>(details);
        result.values().removeIf(v -> v == null);
        return result;
    }

    @Override
    public void close() {
        writing.lock();
        try {
            writeWaiting();
        } catch (RuntimeException e) {
            LOG.error("events are missing: {}", HookFailure.describe(e), e);
        } finally {
            closed = true;
            try {
                writer.close();
            } catch (IOException e) {
                LOG.warn("cannot close {}: {}", file, e.toString());
            }
            writing.unlock();
        }
        end();
    }

    private void end() {
        if (thread == null || thread == Thread.currentThread()) {
            return;
        }
        LockSupport.unpark(thread);
        try {
            thread.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
