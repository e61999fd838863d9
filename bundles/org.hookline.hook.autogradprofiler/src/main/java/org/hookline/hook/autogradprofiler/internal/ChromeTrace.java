// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.hookline.api.facet.Profiler.Recording;
import org.hookline.api.facet.Profiler.Span;

/**
 * Chrome's trace event format, which chrome://tracing and Perfetto (ui.perfetto.dev) open: complete events
 * ({@code "X"}) with times in microseconds, a {@code tid} for each thread, and names of process and threads.
 */
final class ChromeTrace {
    private static final int PROCESS = 1;
    private static final BigDecimal TENTH_OF_A_NANOSECOND = new BigDecimal("0.0001");

    private ChromeTrace() {}

    /**
     * Writes a trace: beside, then renamed, so that it is there whole or not at all.
     *
     * @param recording what was recorded
     * @param run the run's name
     * @param file where to
     * @throws IOException if it cannot be written
     */
    static void write(Recording recording, String run, Path file) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".part");
        try (JsonWriter out = new JsonWriter(Files.newBufferedWriter(beside, StandardCharsets.UTF_8))) {
            out.beginObject();
            out.name("displayTimeUnit").value("ms");
            out.name("traceEvents").beginArray();
            name(out, "process_name", 0, "hookline " + run);
            recording.spans().stream().mapToInt(Span::thread).distinct().forEach(thread -> {
                try {
                    name(out, "thread_name", thread, thread == 1 ? "training thread" : "libtorch thread " + thread);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            for (Span span : recording.spans()) {
                event(out, span);
            }
            out.endArray();
            out.name("otherData").beginObject().name("iteration").value(recording.iteration()).endObject();
            out.endObject();
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void name(JsonWriter out, String what, int thread, String name) throws IOException {
        // Chrome's own traces have category and time here too, and some readers need them.
        out.beginObject().name("ph").value("M").name("name").value(what).name("cat").value("__metadata").name("pid")
                .value(PROCESS).name("tid").value(thread).name("ts").value(0).name("args").beginObject().name("name")
                .value(name).endObject().endObject();
    }

    private static void event(JsonWriter out, Span span) throws IOException {
        out.beginObject();
        out.name("ph").value("X");
        out.name("name").value(span.name());
        out.name("cat").value(span.kind().name().toLowerCase(Locale.ROOT));
        out.name("pid").value(PROCESS);
        out.name("tid").value(span.thread());
        out.name("ts").value(micros(span.start()));
        out.name("dur").value(micros(span.nanos()));
        if (!span.shapes().isEmpty()) {
            out.name("args").beginObject().name("Input Dims").value(span.shapes()).endObject();
        }
        out.endObject();
    }

    /**
     * Exact: a rounded end could lie behind that of the span outside, and Perfetto drops a span that reaches over the
     * end of another. It reads a number as a double, times 1000; where that comes out just below the nanoseconds, a
     * little is added, since its versions before 2025 cut off what is behind the point.
     */
    static BigDecimal micros(long nanos) {
        BigDecimal exact = BigDecimal.valueOf(nanos, 3);
        return (long) (exact.doubleValue() * 1000) == nanos ? exact : exact.add(TENTH_OF_A_NANOSECOND);
    }
}
