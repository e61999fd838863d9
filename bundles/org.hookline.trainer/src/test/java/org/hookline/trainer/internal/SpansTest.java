// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.hookline.api.facet.Profiler.Kind;
import org.hookline.api.facet.Profiler.Span;
import org.junit.jupiter.api.Test;

class SpansTest {
    private static Span span(String name, Kind kind, int thread, long start, long end) {
        return new Span(name, kind, thread, start, end - start, "");
    }

    private static Span op(String name, long start, long end) {
        return span(name, Kind.OPERATION, 1, start, end);
    }

    private static Span hook(String name, long start, long end) {
        return span(name, Kind.HOOK, 1, start, end);
    }

    private static final Span FRAME = span("iteration", Kind.ITERATION, 1, 0, 1000);

    private static void nested(List<Span> spans) {
        List<Span> open = new ArrayList<>();
        int thread = 0;
        for (Span span : spans) {
            if (span.thread() != thread) {
                open.clear();
                thread = span.thread();
            }
            while (!open.isEmpty() && open.getLast().end() <= span.start()) {
                open.removeLast();
            }
            if (!open.isEmpty()) {
                assertThat(span.start()).isGreaterThanOrEqualTo(open.getLast().start());
                assertThat(span.end()).as("%s in %s", span, open.getLast()).isLessThanOrEqualTo(open.getLast().end());
            }
            assertThat(span.nanos()).isNotNegative();
            open.add(span);
        }
    }

    @Test
    void anOperationLiesInTheInnermostSpanThatCalledIt() {
        Span outer = hook("outer", 100, 500);
        Span inner = hook("inner", 200, 300);
        assertThat(Spans.merge(List.of(inner, outer, FRAME), List.of(op("late", 400, 450), op("in", 210, 290),
                op("child", 220, 230), op("before", 10, 90)))).containsExactly(FRAME, op("before", 10, 90), outer,
                inner, op("in", 210, 290), op("child", 220, 230), op("late", 400, 450));
    }

    @Test
    void anOperationThatReachesOverAnEdgeIsMovedIntoItsSpanWithAllInside() {
        Span hook = hook("hook", 100, 500);
        assertThat(Spans.merge(List.of(FRAME, hook), List.of(op("early", 98, 150), op("child", 99, 120),
                op("late", 480, 503)))).containsExactly(FRAME, hook, op("early", 100, 152), op("child", 101, 122),
                op("late", 477, 500));
        assertThat(Spans.merge(List.of(FRAME, hook), List.of(op("outside", 60, 102))))
                .containsExactly(FRAME, op("outside", 58, 100), hook);
    }

    @Test
    void anOperationLongerThanItsRoomIsCut() {
        Span hook = hook("hook", 100, 110);
        assertThat(Spans.merge(List.of(FRAME, hook), List.of(op("long", 99, 112), op("child", 100, 112))))
                .containsExactly(FRAME, hook, op("long", 100, 110), op("child", 101, 110));
    }

    @Test
    void otherThreadsAreNestedOnTheirOwn() {
        Span one = span("one", Kind.OPERATION, 2, 5, 50);
        Span cut = span("two", Kind.OPERATION, 2, 40, 51);
        assertThat(Spans.merge(List.of(FRAME), List.of(one, cut)))
                .containsExactly(FRAME, one, span("two", Kind.OPERATION, 2, 40, 50));
    }

    @Test
    void whateverComesInWhatGoesOutIsNested() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            List<Span> measured = new ArrayList<>(List.of(FRAME));
            long at = 0;
            while (at < 900) {
                long end = at + 10 + random.nextInt(90);
                measured.add(hook("hook", at, end));
                measured.add(hook("inner", at + 2, at + 2 + random.nextInt(7)));
                at = end + random.nextInt(3);
            }
            List<Span> operations = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                long start = random.nextInt(990);
                operations.add(span("op", Kind.OPERATION, 1 + random.nextInt(2), start, start + random.nextInt(60)));
            }
            List<Span> merged = Spans.merge(measured, operations);
            assertThat(merged).hasSize(measured.size() + operations.size());
            nested(merged);
            assertThat(merged).filteredOn(s -> s.kind() != Kind.OPERATION)
                    .containsExactlyInAnyOrderElementsOf(measured);
        }
    }
}
