// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleToLongFunction;

/**
 * The rules of the Trace Event Format (the document of that name, JSON object format), and of what Perfetto makes of
 * it: it sorts the events of a thread by time, those of the same time as they stand in the file, and drops a complete
 * event that begins in another one and ends behind it ({@code slice_drop_overlapping_complete_event}).
 */
final class TraceRules {
    private record Slice(String name, long start, long end) {}

    private TraceRules() {}

    /** Perfetto of today rounds to nanoseconds; before 2025 it cut off. */
    private static final List<DoubleToLongFunction> READERS = List.of(us -> Math.round(us * 1000.0),
            us -> (long) (us * 1000.0));

    /**
     * Checks a trace.
     *
     * @param root the whole of it
     */
    static void check(JsonObject root) {
        assertThat(text(root, "displayTimeUnit")).isIn("ms", "ns");
        Set<Integer> processes = new HashSet<>();
        Map<Integer, String> names = new HashMap<>();
        Map<Integer, List<JsonObject>> slices = new HashMap<>();
        for (JsonElement element : root.getAsJsonArray("traceEvents")) {
            JsonObject event = element.getAsJsonObject();
            String name = text(event, "name");
            assertThat(name).isNotBlank();
            assertThat(text(event, "cat")).isNotBlank();
            int process = (int) number(event, "pid");
            int thread = (int) number(event, "tid");
            assertThat(number(event, "ts")).as("ts of %s", event).isNotNegative();
            switch (text(event, "ph")) {
                case "X" -> {
                    assertThat(number(event, "dur")).as("dur of %s", event).isNotNegative();
                    if (event.has("args")) {
                        assertThat(event.get("args").isJsonObject()).isTrue();
                    }
                    slices.computeIfAbsent(thread, t -> new ArrayList<>()).add(event);
                }
                case "M" -> {
                    String called = text(event.getAsJsonObject("args"), "name");
                    assertThat(called).isNotBlank();
                    switch (name) {
                        case "process_name" -> assertThat(processes.add(process)).as("one name").isTrue();
                        case "thread_name" -> assertThat(names.put(thread, called)).as("names of %s", thread).isNull();
                        default -> throw new AssertionError("metadata event " + name);
                    }
                }
                default -> throw new AssertionError("phase of " + event);
            }
            assertThat(process).as("all in one process").isEqualTo(1);
        }
        assertThat(processes).containsExactly(1);
        assertThat(slices).isNotEmpty();
        assertThat(names.keySet()).as("each thread with events has a name").isEqualTo(slices.keySet());
        assertThat(names.values()).as("no two threads of one name").doesNotHaveDuplicates();
        slices.forEach((thread, events) -> READERS.forEach(reader -> nested(events, reader)));
    }

    private static void nested(List<JsonObject> events, DoubleToLongFunction nanos) {
        List<Slice> sorted = new ArrayList<>();
        for (JsonObject event : events) {
            long start = nanos.applyAsLong(number(event, "ts"));
            sorted.add(new Slice(text(event, "name"), start, start + nanos.applyAsLong(number(event, "dur"))));
        }
        sorted.sort(Comparator.comparingLong(Slice::start));
        Deque<Slice> open = new ArrayDeque<>();
        for (Slice slice : sorted) {
            while (!open.isEmpty() && open.peek().end() <= slice.start()) {
                open.pop();
            }
            for (Slice outer : open) {
                assertThat(slice.end()).as("%s in %s", slice, outer).isLessThanOrEqualTo(outer.end());
            }
            open.push(slice);
        }
    }

    private static JsonPrimitive primitive(JsonObject object, String key) {
        assertThat(object.has(key)).as("%s of %s", key, object).isTrue();
        return object.getAsJsonPrimitive(key);
    }

    private static String text(JsonObject object, String key) {
        assertThat(primitive(object, key).isString()).as("%s of %s is text", key, object).isTrue();
        return object.get(key).getAsString();
    }

    private static double number(JsonObject object, String key) {
        assertThat(primitive(object, key).isNumber()).as("%s of %s is a number", key, object).isTrue();
        return object.get(key).getAsDouble();
    }
}
