// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationTest {
    private static final long FROM = 50_000;
    private static final long TO = 150_000;

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    /** Is called twice in each iteration. */
    private static final class Counter implements Hook {
        private long calls;

        @Override
        public void beforeTrainIter(TrainingContext context) {
            calls++;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            calls++;
        }
    }

    /** Reads what the training thread has allocated, at the two ends of the stretch. */
    private static final class Meter implements Hook {
        private long before;
        private long after;

        @Override
        public void afterTrainIter(TrainingContext context) {
            long iteration = context.progress().iteration();
            if (iteration == FROM) {
                before = THREADS.getCurrentThreadAllocatedBytes();
            } else if (iteration == TO) {
                after = THREADS.getCurrentThreadAllocatedBytes();
            }
        }
    }

    @Test
    void aLoopWithTwelveHooksAllocatesNothing() {
        RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofSeconds(1));
        Counter[] counters = new Counter[12];
        for (int i = 0; i < counters.length; i++) {
            counters[i] = new Counter();
            registry.put(HookSource.of(i, counters[i], Map.of("level", i), HookSource.Origin.NONE));
        }
        Meter meter = new Meter();
        registry.put(HookSource.of(99, meter, Map.of("level", 99), HookSource.Origin.NONE));
        assertThat(registry.prepare("idle", spec(), folder, new IdleTask(), event -> {}).execute().failure()).isEmpty();
        assertThat(counters).allSatisfy(c -> assertThat(c.calls).isEqualTo(2 * (TO + 1)));
        // 2.4 million calls with their timing; a single object for each iteration would be 1.6 million bytes.
        assertThat(meter.after - meter.before).isBetween(0L, 20_000L);
    }

    @Test
    void whatThePreparationOfARunAllocatesGrowsNoFasterThanItsHooks() {
        preparation(2);
        long few = preparation(20);
        // In proportion: ten times; if each hook that is added had all those before it arranged again: a hundred times.
        assertThat(preparation(200)).isBetween(few, 20 * few);
    }

    private long preparation(int hooks) {
        RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofSeconds(1));
        for (int i = 0; i < hooks; i++) {
            registry.put(HookSource.of(i, new Counter(), Map.of("level", 30, "component.name", "Counter" + i),
                    HookSource.Origin.NONE));
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        registry.prepare("idle", spec(), folder, new IdleTask(), event -> {});
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private RunSpec spec() {
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        return new RunSpec("idle", 1, Progress.Mode.BY_ITER, 0, TO + 1, "cpu", "fp32", 1, 0, none, none, none,
                List.of(), none, folder, Map.of());
    }
}
