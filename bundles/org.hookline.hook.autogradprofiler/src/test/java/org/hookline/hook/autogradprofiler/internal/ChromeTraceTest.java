// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.hookline.api.facet.Profiler.Kind;
import org.hookline.api.facet.Profiler.Recording;
import org.hookline.api.facet.Profiler.Span;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChromeTraceTest {
    @TempDir
    Path folder;

    private static Span span(String name, int thread, long start, long nanos) {
        return new Span(name, Kind.OPERATION, thread, start, nanos, "");
    }

    private JsonObject written(List<Span> spans) throws IOException {
        Path file = folder.resolve("trace.json");
        ChromeTrace.write(new Recording(7, spans), "digits", file);
        assertThat(folder.resolve("trace.json.part")).doesNotExist();
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    @Test
    void eachThreadHasItsOwnTidAndNameAndTheirSpansMayOverlap() throws IOException {
        JsonObject trace = written(List.of(span("iteration 7", 1, 0, 9_000), span("a", 1, 1_000, 5_000),
                span("b", 2, 500, 1_000), span("c", 2, 1_500, 90_000)));
        TraceRules.check(trace);
        assertThat(trace.getAsJsonArray("traceEvents").toString())
                .contains("\"args\":{\"name\":\"hookline digits\"}", "\"args\":{\"name\":\"training thread\"}",
                        "\"args\":{\"name\":\"libtorch thread 2\"}")
                .contains("{\"ph\":\"X\",\"name\":\"b\",\"cat\":\"operation\",\"pid\":1,\"tid\":2,"
                        + "\"ts\":0.500,\"dur\":1.000}");
    }

    @Test
    void namesAreQuotedAsJsonWants() throws IOException {
        JsonObject trace = written(List.of(span("a \"b\"\n\\\u0001 ä", 1, 0, 1)));
        TraceRules.check(trace);
        assertThat(trace.getAsJsonArray("traceEvents").get(2).getAsJsonObject().get("name").getAsString())
                .isEqualTo("a \"b\"\n\\\u0001 ä");
    }

    /**
     * Spans that share a boundary to the nanosecond, a long time after the start: no reader's arithmetic parts them.
     */
    @Test
    void spansThatTouchStayNestedWhateverAReaderMakesOfDecimals() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        List<Span> spans = new ArrayList<>();
        long at = 3_600_000_000_000L;
        for (int i = 0; i < 5_000; i++) {
            long length = random.nextLong(3, 20_000_000);
            spans.add(span("outer", 1, at, length));
            long cut = random.nextLong(1, length);
            spans.add(span("left", 1, at, cut));
            spans.add(span("right", 1, at + cut, length - cut));
            at += length;
        }
        TraceRules.check(written(spans));
    }

    @Test
    void nanosecondsComeOutOfBothWaysOfReading() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 200_000; i++) {
            long nanos = random.nextLong(1L << random.nextInt(1, 43));
            double micros = Double.parseDouble(ChromeTrace.micros(nanos).toString());
            assertThat((long) (micros * 1000)).isEqualTo(nanos);
            assertThat(Math.round(micros * 1000)).isEqualTo(nanos);
        }
    }

    @Test
    void theRulesFindWhatPerfettoWouldDrop() throws IOException {
        JsonObject overlapping = written(List.of(span("a", 1, 0, 10_000), span("b", 1, 5_000, 10_000)));
        assertThatThrownBy(() -> TraceRules.check(overlapping)).isInstanceOf(AssertionError.class)
                .hasMessageContaining("name=b");
        // Of the same time, the outer one has to come first.
        JsonObject order = written(List.of(span("inner", 1, 0, 5_000), span("outer", 1, 0, 10_000)));
        assertThatThrownBy(() -> TraceRules.check(order)).isInstanceOf(AssertionError.class)
                .hasMessageContaining("name=outer");
        JsonObject text = written(List.of(span("a", 1, 0, 10_000)));
        text.getAsJsonArray("traceEvents").get(2).getAsJsonObject().addProperty("dur", "10.000");
        assertThatThrownBy(() -> TraceRules.check(text)).isInstanceOf(AssertionError.class)
                .hasMessageContaining("is a number");
        JsonObject nameless = written(List.of(span("a", 1, 0, 10_000)));
        nameless.getAsJsonArray("traceEvents").remove(1);
        assertThatThrownBy(() -> TraceRules.check(nameless)).isInstanceOf(AssertionError.class)
                .hasMessageContaining("each thread with events has a name");
    }
}
