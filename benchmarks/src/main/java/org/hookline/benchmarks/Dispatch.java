// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.Run;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What the engine itself costs: runs of empty iterations, with hooks that only count in {@code afterTrainIter}. One
 * operation is one iteration: the loop, and the dispatch of one stage to all hooks, each call timed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 6)
@Measurement(iterations = 10)
@Fork(1)
public class Dispatch {
    private static final int ITERATIONS = 500_000;

    /** How many hooks. */
    @Param({"0", "1", "12", "100"})
    public int hooks;

    private Run run;

    /** Several classes: a call site in the engine sees more than the compiler can guess. */
    private abstract static class Counter implements Hook {
        private long count;

        void count() {
            count++;
        }
    }

    private static final class First extends Counter {
        @Override
        public void afterTrainIter(TrainingContext context) {
            count();
        }
    }

    private static final class Second extends Counter {
        @Override
        public void afterTrainIter(TrainingContext context) {
            count();
        }
    }

    private static final class Third extends Counter {
        @Override
        public void afterTrainIter(TrainingContext context) {
            count();
        }
    }

    /** No mathematics. */
    private static final class Nothing implements TrainingTask {
        @Override
        public String device() {
            return "none";
        }

        @Override
        public int iterationsPerEpoch() {
            return ITERATIONS;
        }

        @Override
        public void open(TaskLink link) {}

        @Override
        public Map<Class<?>, Object> facets() {
            return Map.of();
        }

        @Override
        public void beginEpoch(int epoch, int skip) {}

        @Override
        public int nextBatch() {
            return 1;
        }

        @Override
        public void forward() {}

        @Override
        public void endIteration() {}

        @Override
        public double[] read(List<NDArray> scalars) {
            throw new IllegalStateException("there is no device");
        }

        @Override
        public NDManager newScope() {
            throw new IllegalStateException("there is no device");
        }

        @Override
        public void close() {}
    }

    /** Makes a run of its own for each measurement. */
    @Setup(Level.Invocation)
    public void prepare() throws IOException {
        HooklineEngine engine = new HooklineEngine();
        for (int i = 0; i < hooks; i++) {
            Hook hook = switch (i % 3) {
                case 0 -> new First();
                case 1 -> new Second();
                default -> new Third();
            };
            engine.add(hook, Map.of("component.name", "Counter" + i, HookProperties.LEVEL, 30));
        }
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        RunSpec spec = new RunSpec("dispatch", 1, Progress.Mode.BY_EPOCH, 1, 0, "none", "fp32", 1, 1, none, none, none,
                List.of(), none, Path.of("."), Map.of());
        run = engine.prepare("dispatch", spec, Files.createTempDirectory("hookline"), new Nothing(), event -> {});
    }

    /** {@return the iterations done} */
    @Benchmark
    @OperationsPerInvocation(ITERATIONS)
    public long iterations() {
        return run.execute().iterations();
    }

    /**
     * Measures and prints a table.
     *
     * @param args not used
     */
    public static void main(String[] args) throws Exception {
        Map<Integer, Double> times = new LinkedHashMap<>();
        Map<Integer, Double> bytes = new LinkedHashMap<>();
        for (RunResult result : new Runner(new OptionsBuilder().include(Dispatch.class.getName() + ".iterations")
                .addProfiler(GCProfiler.class).verbosity(VerboseMode.SILENT).build()).run()) {
            int hooks = Integer.parseInt(result.getParams().getParam("hooks"));
            times.put(hooks, result.getPrimaryResult().getStatistics().getPercentile(50));
            Result<?> allocated = result.getSecondaryResults().entrySet().stream()
                    .filter(e -> e.getKey().endsWith("gc.alloc.rate.norm")).findFirst().orElseThrow().getValue();
            bytes.put(hooks, allocated.getScore());
        }
        System.out.println("## Dispatch\n");
        System.out.println(Machine.describe() + "\n");
        System.out.println("Bytes are those of a whole run, its preparation included, over its 500,000 iterations.\n");
        System.out.println(
                "| hooks | one iteration of the loop, ns | for each call of a hook, ns | allocated, bytes |");
        System.out.println("| ---: | ---: | ---: | ---: |");
        times.forEach((hooks, time) -> System.out.printf(Locale.ROOT, "| %d | %.0f | %s | %.2f |%n", hooks, time,
                hooks == 0 ? "" : String.format(Locale.ROOT, "%.1f", (time - times.get(0)) / hooks), bytes.get(hooks)));
    }
}
