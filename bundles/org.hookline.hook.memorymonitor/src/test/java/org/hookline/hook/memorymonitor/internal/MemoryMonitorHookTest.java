// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.DeviceMemory;
import org.hookline.engine.TrainingTask;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MemoryMonitorHookTest {
    @TempDir
    Path folder;

    private static final long MIB = 1 << 20;
    private static final MemoryMonitorHook.GpuOpener NONE = number -> {
        throw new GpuMemory.Unavailable("there is none");
    };

    /** Uses one MiB more with each reading, up to four, and then again from one on. */
    private static final class Rising implements MemorySource {
        private long reading;

        @Override
        public String name() {
            return "heap";
        }

        @Override
        public OptionalLong used() {
            return OptionalLong.of((reading++ % 4 + 1) * MIB);
        }
    }

    private static final class Log implements Hook {
        final List<Double> values = new ArrayList<>();

        @Override
        public void afterTrainIter(TrainingContext context) {
            context.metrics().series("memory/heap").filter(s -> s.latestIteration() == context.progress().iteration())
                    .ifPresent(s -> values.add(s.latest()));
        }
    }

    private static MemoryMonitorConfig config(Object... values) {
        return Configs.of(MemoryMonitorConfig.class, values);
    }

    @Test
    void itReadsEachPeriodInMebibytes() {
        Log log = new Log();
        HookRun run = new HookRun(folder, new LinearTask(5, 24, 3, 2));
        run.add(30, new MemoryMonitorHook(config("period", 3), List.of(new Rising()), NONE));
        run.add(60, log);
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(log.values).containsExactly(1.0, 2.0, 3.0, 4.0);
    }

    /** A task that has more to offer. */
    private static TrainingTask with(TrainingTask task, DeviceMemory memory) {
        return (TrainingTask) Proxy.newProxyInstance(TrainingTask.class.getClassLoader(),
                new Class<?>[] {TrainingTask.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("facets")) {
                        Map<Class<?>, Object> facets = new HashMap<>(task.facets());
                        facets.put(DeviceMemory.class, memory);
                        return facets;
                    }
                    return method.invoke(task, arguments);
                });
    }

    @Test
    void theAllocatorsMemoryIsToldWhereTheTrainerHasOne() throws IOException {
        Map<String, Double> found = new HashMap<>();
        Hook reader = new Hook() {
            @Override
            public void afterTrain(TrainingContext context) {
                context.metrics().names().stream().filter(n -> n.startsWith("memory/gpu"))
                        .forEach(n -> found.put(n, context.metrics().series(n).orElseThrow().latest()));
            }
        };
        DeviceMemory memory = () -> new DeviceMemory.Usage(3 * MIB, 5 * MIB, 8 * MIB, 9 * MIB);
        HookRun run = new HookRun(folder, with(new LinearTask(5, 24, 3, 2), memory));
        run.add(30, new MemoryMonitorHook(config("period", 1), List.of(), NONE));
        run.add(60, reader);
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(found).isEqualTo(Map.of("memory/gpu_allocated", 3.0, "memory/gpu_reserved", 8.0, "memory/gpu_peak",
                5.0));
        found.clear();
        HookRun without = new HookRun(Files.createDirectory(folder.resolve("without")), new LinearTask(5, 24, 3, 2));
        without.add(30, new MemoryMonitorHook(config("period", 1), List.of(), NONE));
        without.add(60, reader);
        assertThat(without.epochs(1).failure()).isEmpty();
        assertThat(found).isEmpty();
    }

    @Test
    void itWarnsOnceEachTimeALimitIsPassed() {
        HookRun run = new HookRun(folder, new LinearTask(5, 24, 3, 2));
        run.add(30, new MemoryMonitorHook(config("period", 1, "limit_heap", 2L), List.of(new Rising()), NONE));
        run.epochs(1);
        // Twelve readings: 1 2 3 4 three times; above 2 from the third on.
        assertThat(run.events("memory_limit")).hasSize(3)
                .containsOnly(Map.of("memory", "heap", "mib", 3.0, "limit_mib", 2L));
    }

    @Test
    void itNeverWaitsForTheDevice() {
        LinearTask task = new LinearTask(5, 24, 3, 2);
        HookRun run = new HookRun(folder, task);
        run.add(30, new MemoryMonitorHook(config("period", 1)));
        run.epochs(2);
        assertThat(task.deviceReads()).isZero();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theResidentMemoryOfThisProcessHoldsItsHeap() {
        long heap = new HeapMemory(Runtime.getRuntime()).used().orElseThrow();
        assertThat(heap).isGreaterThan(MIB);
        assertThat(new ResidentMemory(ResidentMemory.PROC).used().orElseThrow()).isGreaterThan(20 * MIB);
        byte[] block = new byte[(int) (64 * MIB)];
        assertThat(new HeapMemory(Runtime.getRuntime()).used().orElseThrow()).isGreaterThan(block.length);
    }

    @Test
    void theStatusOfLinuxIsRead() throws IOException {
        Path status = Files.writeString(folder.resolve("status"),
                "Name:\tjava\nVmPeak:\t  99 kB\nVmRSS:\t    2048 kB\nThreads:\t4\n");
        assertThat(new ResidentMemory(status).used()).hasValue(2 * MIB);
        assertThat(new ResidentMemory(Files.writeString(status, "Name: x\n")).used()).isEmpty();
        assertThat(new ResidentMemory(folder.resolve("none")).used()).isEmpty();
    }

    @Test
    void mistakesAreNamed() {
        HookRun run = new HookRun(folder, new LinearTask(5, 24, 3, 2));
        run.add(30, new MemoryMonitorHook(config("period", 0)));
        assertThat(run.epochs(1).failure().orElseThrow()).hasMessageContaining("period is 0, expected 1 or more");
    }
}
