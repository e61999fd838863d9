// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.jsonlogger.internal;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hookline.api.log.LogRecord;

/** A record as a line of JSON: first what it is and where the run was, then each scalar by its name. */
final class JsonLine {
    /** Names that say where the run was. A scalar of such a name is written behind {@value #SCALAR_PREFIX}. */
    private static final Set<String> FIXED =
            Set.of("kind", "split", "epoch", "iteration", "inner_iteration", "elapsed");

    private static final Set<String> KINDS =
            Arrays.stream(LogRecord.Kind.values()).map(JsonLine::nameOf).collect(Collectors.toUnmodifiableSet());

    private static final String SCALAR_PREFIX = "scalar/";

    private JsonLine() {}

    /**
     * What a line is about. Two lines with the same mark are the same record, written twice.
     *
     * @param kind in lower case
     * @param iteration the number of iterations completed
     * @param split what was evaluated; empty if nothing was
     */
    record Mark(String kind, long iteration, String split) {
        static Mark of(LogRecord entry) {
            return new Mark(nameOf(entry.kind()), entry.iteration(), entry.split().orElse(""));
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
     * Writes a record, with the end of the line.
     *
     * @param entry the record
     * @param out where to
     * @throws IOException never for a writer in memory
     */
    static void write(LogRecord entry, StringWriter out) throws IOException {
        JsonWriter json = new JsonWriter(out);
        json.beginObject();
        json.name("kind").value(nameOf(entry.kind()));
        if (entry.split().isPresent()) {
            json.name("split").value(entry.split().get());
        }
        json.name("epoch").value(entry.epoch());
        json.name("iteration").value(entry.iteration());
        json.name("inner_iteration").value(entry.innerIteration());
        number(json.name("elapsed"), Math.rint(entry.elapsedSeconds() * 1000) / 1000);
        for (Map.Entry<String, LogRecord.Value> scalar : entry.scalars().entrySet()) {
            String name = scalar.getKey();
            number(json.name(FIXED.contains(name) ? SCALAR_PREFIX + name : name), scalar.getValue().smoothed());
        }
        json.endObject();
        out.append('\n');
    }

    /** JSON has no number for these, and a reader that follows the standard stops at {@code NaN}. */
    private static void number(JsonWriter json, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.value(value);
        } else {
            json.nullValue();
        }
    }

    /**
     * Reads what a line is about.
     *
     * @param line without its end
     * @return empty if this is not a whole line of this format
     */
    static Optional<Mark> mark(String line) {
        String kind = "";
        String split = "";
        long iteration = -1;
        try (JsonReader json = new JsonReader(new StringReader(line))) {
            json.setStrictness(Strictness.STRICT);
            json.beginObject();
            while (json.hasNext()) {
                switch (json.nextName()) {
                    case "kind" -> kind = json.nextString();
                    case "split" -> split = json.nextString();
                    case "iteration" -> iteration = json.nextLong();
                    default -> json.skipValue();
                }
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) {
                return Optional.empty();
            }
        } catch (IOException | IllegalStateException | NumberFormatException broken) {
            return Optional.empty();
        }
        return KINDS.contains(kind) && iteration >= 0 ? Optional.of(new Mark(kind, iteration, split))
                : Optional.empty();
    }
}
