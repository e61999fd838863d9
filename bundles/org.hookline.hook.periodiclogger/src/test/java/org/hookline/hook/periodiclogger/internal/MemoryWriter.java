// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hookline.api.RunInfo;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogWriter;

/** Keeps what it gets, and in which order it was called. */
class MemoryWriter implements LogWriter {
    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<LogRecord> records = new CopyOnWriteArrayList<>();
    final List<Thread> threads = new CopyOnWriteArrayList<>();

    @Override
    public void open(RunInfo run) throws IOException {
        called("open " + run.id());
    }

    @Override
    public void write(LogRecord entry) throws IOException {
        records.add(entry);
        called(entry.kind() + " " + entry.iteration());
    }

    @Override
    public void close() throws IOException {
        called("close");
    }

    private void called(String call) {
        threads.add(Thread.currentThread());
        calls.add(call);
    }

    List<LogRecord> of(Kind kind) {
        return records.stream().filter(r -> r.kind() == kind).toList();
    }

    static Map<String, Object> service(long id, String... more) {
        return more.length == 0 ? Map.of("service.id", id, "component.name", "writer" + id)
                : Map.of("service.id", id, "component.name", "writer" + id, more[0], more[1]);
    }
}
