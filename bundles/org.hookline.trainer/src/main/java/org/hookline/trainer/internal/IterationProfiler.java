// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Stage;
import org.hookline.api.facet.Profiler;
import org.hookline.engine.SpanListener;
import org.hookline.engine.TaskLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records single iterations with libtorch's profiler (the one of DJL's native layer, which writes the operations of the
 * calling thread and of the backward passes that it starts), and with the clock of Java what the trainer and the hooks
 * do. Training thread only.
 *
 * <p>libtorch tells times from the start of its recording. When that was on Java's clock comes out of a few small
 * operations before and after the iteration, each of which must lie between two looks at that clock.
 */
final class IterationProfiler implements Profiler, SpanListener {
    private static final Logger LOG = LoggerFactory.getLogger(IterationProfiler.class);

    private static final String MARK = "aten::neg";
    private static final int MARKS = 4;

    /** An operation as libtorch tells it: times in microseconds from the start of its recording. */
    private record Event(String name, double start, double micros, long thread, String shapes) {}

    /** Before and after a small operation, on Java's clock. */
    private record Look(long before, long after) {}

    private final TaskLink link;
    private final NDArray one;
    private final List<Look> looks = new ArrayList<>();
    private final List<Span> spans = new ArrayList<>();
    private Path scratch;
    private boolean shapes;
    private boolean wanted;
    private boolean recording;
    private long start;
    private Recording done;

    /**
     * Records nothing.
     *
     * @param link tells of the hooks
     * @param owner of an array, on the device
     */
    IterationProfiler(TaskLink link, NDManager owner) {
        this.link = link;
        one = Flat.scalar(owner, 1);
    }

    @Override
    public void recordNext(Path newScratch, boolean withShapes) {
        scratch = newScratch;
        shapes = withShapes;
        wanted = true;
    }

    @Override
    public Optional<Recording> take() {
        Optional<Recording> taken = Optional.ofNullable(done);
        done = null;
        return taken;
    }

    @Override
    public void span(String hook, Stage stage, long startNanos, long endNanos) {
        if (recording && startNanos >= start) {
            add(hook + "." + stage.method(), Kind.HOOK, startNanos, endNanos);
        }
    }

    private void add(String name, Kind kind, long from, long to) {
        spans.add(new Span(name, kind, 1, from - start, to - from, ""));
    }

    /** {@return the start of a part of the trainer's work, for {@link #end}} */
    long begin() {
        return recording ? System.nanoTime() : 0;
    }

    /**
     * Ends a part of the trainer's work.
     *
     * @param name what it was
     * @param from what {@link #begin} gave
     */
    void end(String name, long from) {
        if (recording) {
            add(name, Kind.TRAINER, from, System.nanoTime());
        }
    }

    /** An iteration begins. */
    void iterationStarts() {
        if (!wanted) {
            return;
        }
        wanted = false;
        looks.clear();
        spans.clear();
        try {
            JniUtils.startProfile(false, shapes, false);
        } catch (EngineException e) {
            LOG.warn("iteration {} cannot be recorded: {}", link.progress().iteration() + 1, e.getMessage());
            return;
        }
        recording = true;
        look();
        link.spans(this);
        start = System.nanoTime();
    }

    private void look() {
        for (int i = 0; i < MARKS; i++) {
            long before = System.nanoTime();
            NDArray mark = one.neg();
            looks.add(new Look(before, System.nanoTime()));
            mark.close();
        }
    }

    /** The iteration ends, or the run. */
    void iterationEnds() {
        if (!recording) {
            return;
        }
        long end = System.nanoTime();
        look();
        recording = false;
        link.spans(null);
        long iteration = link.progress().iteration() + 1;
        try {
            JniUtils.stopProfile(scratch.toString());
            List<Event> events = read(scratch);
            add("iteration " + iteration, Kind.ITERATION, start, end);
            done = new Recording(iteration, Spans.merge(spans, operations(events, end - start)));
        } catch (IOException | EngineException | IllegalStateException e) {
            LOG.warn("the recording of iteration {} is lost: {}", iteration, e.getMessage(), e);
        } finally {
            spans.clear();
            delete(scratch);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file is an array of objects; what is not needed is left aside. */
    private static List<Event> read(Path file) throws IOException {
        List<Event> events = new ArrayList<>();
        try (JsonReader in = new JsonReader(Files.newBufferedReader(file, StandardCharsets.UTF_8))) {
            in.beginArray();
            while (in.hasNext()) {
                events.add(event(in));
            }
            in.endArray();
        }
        return events;
    }

    private static Event event(JsonReader in) throws IOException {
        String name = "";
        double start = 0;
        double micros = 0;
        long thread = 0;
        String shapes = "";
        in.beginObject();
        while (in.hasNext()) {
            switch (in.nextName()) {
                case "name" -> name = in.nextString();
                case "ts" -> start = in.nextDouble();
                case "dur" -> micros = in.nextDouble();
                case "tid" -> thread = (long) in.nextDouble();
                case "shape" -> shapes = shapes(in);
                default -> in.skipValue();
            }
        }
        in.endObject();
        return new Event(name, start, micros, thread, shapes);
    }

    private static String shapes(JsonReader in) throws IOException {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        do {
            JsonToken token = in.peek();
            switch (token) {
                case BEGIN_ARRAY -> {
                    in.beginArray();
                    separate(text).append('[');
                    depth++;
                }
                case END_ARRAY -> {
                    in.endArray();
                    text.append(']');
                    depth--;
                }
                default -> separate(text).append(in.nextString());
            }
        } while (depth > 0);
        return text.toString().replace("[]", "").isEmpty() || text.toString().equals("[]") ? "" : text.toString();
    }

    private static StringBuilder separate(StringBuilder text) {
        return text.isEmpty() || text.charAt(text.length() - 1) == '[' ? text : text.append(", ");
    }

    /** Operations on Java's clock, without those that only served to find it. */
    private List<Span> operations(List<Event> events, long length) {
        List<Event> marks = events.stream().filter(e -> e.name().equals(MARK))
                .sorted(java.util.Comparator.comparingDouble(Event::start)).toList();
        if (marks.size() < looks.size()) {
            throw new IllegalStateException("libtorch recorded " + marks.size() + " of " + looks.size() + " marks");
        }
        List<Event> own = new ArrayList<>(marks.subList(0, MARKS));
        own.addAll(marks.subList(marks.size() - MARKS, marks.size()));
        double lowest = Double.NEGATIVE_INFINITY;
        double highest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < own.size(); i++) {
            Event mark = own.get(i);
            lowest = Math.max(lowest, looks.get(i).before() - start - 1e3 * mark.start());
            highest = Math.min(highest, looks.get(i).after() - start - 1e3 * (mark.start() + mark.micros()));
        }
        double offset = (lowest + highest) / 2;
        LOG.debug("libtorch's clock is known to {} us", (highest - lowest) / 1e3);
        long training = own.getFirst().thread();
        Map<Long, Integer> threads = new HashMap<>(Map.of(training, 1));
        double from = own.get(MARKS - 1).start() + own.get(MARKS - 1).micros();
        double to = own.get(MARKS).start();
        List<Span> operations = new ArrayList<>();
        for (Event event : events) {
            boolean mine = event.thread() == training;
            if (mine && (event.start() < from || event.start() >= to)) {
                continue;
            }
            int thread = threads.computeIfAbsent(event.thread(), t -> threads.size() + 1);
            long at = Math.clamp(Math.round(1e3 * event.start() + offset), 0, length);
            operations.add(new Span(event.name(), Kind.OPERATION, thread, at, Math.round(1e3 * event.micros()),
                    event.shapes()));
        }
        return operations;
    }
}
