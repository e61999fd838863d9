// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.hookline.api.facet.Profiler.Kind;
import org.hookline.api.facet.Profiler.Recording;
import org.hookline.api.facet.Profiler.Span;
import org.hookline.hook.autogradprofiler.internal.OperationTable.Line;
import org.junit.jupiter.api.Test;

class OperationTableTest {
    private static Span span(String name, int thread, long start, long nanos) {
        return new Span(name, Kind.OPERATION, thread, start, nanos, "");
    }

    @Test
    void timeOfItsOwnIsWithoutWhatIsInsideAndRecursionCountsOnce() {
        OperationTable table = new OperationTable(new Recording(7, List.of(
                span("iteration", 1, 0, 10000), span("a", 1, 1000, 6000), span("b", 1, 1000, 2000),
                span("a", 1, 3000, 1000), span("b", 1, 8000, 500), span("b", 2, 0, 4000), span("c", 2, 0, 4000))));
        assertThat(table.lines()).containsExactly(
                new Line("a", 2, 6000, 4000), new Line("c", 1, 4000, 4000), new Line("iteration", 1, 10000, 3500),
                new Line("b", 3, 6500, 2500));
        assertThat(table.show(2)).isEqualTo("""
                operation    calls       self us   self %      total us
                a                2           4.0     28.6           6.0
                c                1           4.0     28.6           4.0
                """);
    }
}
