// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Traces of real training. */
@Timeout(120)
class AutogradProfilerHookTest {
    @TempDir
    Path folder;

    /** An event of a trace, in nanoseconds. */
    private record Event(String name, String kind, int thread, long start, long end, String shapes) {}

    /** Sleeps, so that it can be found. */
    private static final class SleepyHook implements Hook {
        @Override
        public void beforeTrainIter(TrainingContext context) throws InterruptedException {
            Thread.sleep(3);
        }

        @Override
        public void afterOptimizerStep(TrainingContext context) throws InterruptedException {
            Thread.sleep(2);
        }
    }

    private HookRun run() throws IOException {
        var torch = TorchLoader.load();
        RunSpec spec = new RunSpec("digits", 42, Progress.Mode.BY_EPOCH, 1, 0, "cpu", "fp32", 1, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(64))),
                new RunSpec.Section("digits", Map.of("batch_size", 64)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("adamw", Map.of("lr", 1e-3)), Path.of("."), Map.of());
        HookRun run = new HookRun(folder, new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()), Map.of("softmax_cross_entropy",
                        new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider())).create(spec));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(60, new SleepyHook());
        return run;
    }

    private static Hook hook(Object... values) {
        return new AutogradProfilerHook(Configs.of(ProfilerConfig.class, values));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> n.startsWith("profiler")).sorted().toList();
        }
    }

    private static long nanos(JsonObject event, String key) {
        return new BigDecimal(event.get(key).getAsString()).movePointRight(3).longValue();
    }

    private List<Event> trace(String name) throws IOException {
        JsonObject root = JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
        TraceRules.check(root);
        List<Event> events = new ArrayList<>();
        for (JsonElement element : root.getAsJsonArray("traceEvents")) {
            JsonObject event = element.getAsJsonObject();
            if (event.get("ph").getAsString().equals("M")) {
                continue;
            }
            long start = nanos(event, "ts");
            long length = nanos(event, "dur");
            String shapes = event.has("args") ? event.getAsJsonObject("args").get("Input Dims").getAsString() : "";
            events.add(new Event(event.get("name").getAsString(), event.get("cat").getAsString(),
                    event.get("tid").getAsInt(), start,
                    start + length, shapes));
        }
        return events;
    }

    private static List<Event> named(List<Event> events, String name) {
        return events.stream().filter(e -> e.name().equals(name)).toList();
    }

    private static Event one(List<Event> events, String name) {
        assertThat(named(events, name)).as(name).hasSize(1);
        return named(events, name).getFirst();
    }

    private static boolean inside(Event inner, Event outer) {
        return inner.thread() == outer.thread() && inner.start() >= outer.start() && inner.end() <= outer.end();
    }

    @Test
    void aTraceHasTheOperationsAndTheHooksOfItsIterationProperlyNested() throws Exception {
        HookRun run = run();
        run.add(30, hook("iterations", new long[] {5, 6, 23}));
        long before = System.nanoTime();
        RunResult result = run.epochs(1);
        long wall = System.nanoTime() - before;
        assertThat(result.failure()).isEmpty();
        assertThat(result.iterations()).isEqualTo(23);
        assertThat(files()).containsExactly("profiler-trace-iter23.json", "profiler-trace-iter23.txt",
                "profiler-trace-iter5.json", "profiler-trace-iter5.txt", "profiler-trace-iter6.json",
                "profiler-trace-iter6.txt");
        for (int i : new int[] {5, 6, 23}) {
            List<Event> events = trace("profiler-trace-iter" + i + ".json");
            Event iteration = events.getFirst();
            assertThat(iteration.name()).isEqualTo("iteration " + i);
            assertThat(iteration.kind()).isEqualTo("iteration");
            assertThat(iteration.start()).isZero();
            // In microseconds, or these would be a thousand times too long or too short: two hooks sleep for 5 ms.
            assertThat(iteration.end()).isBetween(5_000_000L, wall);
            assertThat(events).allMatch(e -> inside(e, iteration));

            // The hooks of every level, those before this hook too, and what one calls inside another.
            Event step = one(events, "OptimizerHook.afterTrainIter");
            Event sleepy = one(events, "SleepyHook.afterOptimizerStep");
            assertThat(inside(sleepy, step)).isTrue();
            assertThat(sleepy.end() - sleepy.start()).isGreaterThan(2_000_000);
            Event early = one(events, "OptimizerHook.beforeTrainIter");
            Event late = one(events, "SleepyHook.beforeTrainIter");
            assertThat(early.end()).isLessThanOrEqualTo(late.start());
            assertThat(late.end() - late.start()).isGreaterThan(3_000_000);
            assertThat(named(events, "AutogradProfilerHook.afterTrainIter")).hasSize(1);
            assertThat(events).filteredOn(e -> e.kind().equals("hook")).extracting(Event::name).contains(
                    "OptimizerHook.beforeTrainIter", "AutogradProfilerHook.beforeTrainIter",
                    "SleepyHook.beforeTrainIter", "OptimizerHook.afterTrainIter", "SleepyHook.afterOptimizerStep");

            // Each operation inside the part of the work that called it.
            Event wait = one(events, "wait for batch");
            Event forward = one(events, "forward");
            Event backward = one(events, "backward");
            assertThat(wait.end()).isLessThanOrEqualTo(early.start());
            assertThat(inside(backward, step)).isTrue();
            List<Event> layers = named(events, "aten::addmm");
            assertThat(layers).hasSize(2).allMatch(e -> inside(e, forward));
            // The last batch of the epoch has 30 samples.
            assertThat(layers.getFirst().shapes())
                    .isEqualTo("[[64], [" + (i == 23 ? 30 : 64) + ", 64], [64, 64], [], []]");
            assertThat(events).filteredOn(e -> e.name().contains("AddmmBackward0")).isNotEmpty()
                    .allMatch(e -> inside(e, backward));
            assertThat(named(events, "aten::_fused_adamw_")).hasSize(1)
                    .allMatch(e -> inside(e, one(events, "optimizer step")));
            // What only served to find libtorch's clock is not there.
            assertThat(named(events, "aten::neg")).isEmpty();
        }
        assertThat(Files.readString(folder.resolve("profiler-trace-iter5.txt"))).startsWith("operation")
                .contains("aten::addmm").contains("SleepyHook.afterOptimizerStep");
        assertThat(run.events("profiler_trace")).extracting(e -> e.get("iteration")).containsExactly(5L, 6L, 23L);
    }

    @Test
    void aScheduleWritesItsActiveIterationsOnly() throws Exception {
        HookRun run = run();
        run.add(30, hook("skip", 3L, "warmup", 1L, "active", 2L, "repeat", 2L, "shapes", false));
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(run.events("profiler_trace")).extracting(e -> e.get("iteration")).containsExactly(5L, 6L, 11L, 12L);
        assertThat(trace("profiler-trace-iter11.json")).allMatch(e -> e.shapes().isEmpty());
        assertThat(files()).allMatch(n -> n.endsWith(".json") || n.endsWith(".txt"));
    }

    @Test
    void profilingChangesNoWeightAndNothingIsRecordedWhereNobodyAsks() throws Exception {
        List<float[]> weights = new ArrayList<>();
        for (boolean profiled : new boolean[] {false, true}) {
            HookRun run = run();
            if (profiled) {
                run.add(30, hook("skip", 0L, "warmup", 0L, "active", 1L, "repeat", 0L));
            }
            run.add(50, new Hook() {
                @Override
                public void afterTrain(TrainingContext context) {
                    weights.add(context.weights().flat().toFloatArray());
                }
            });
            assertThat(run.epochs(1).failure()).isEmpty();
            assertThat(files()).hasSize(profiled ? 46 : 0);
        }
        assertThat(weights.get(1)).isEqualTo(weights.get(0));
    }

    @Test
    void aRunThatFailsInARecordedIterationKeepsItsTrace() throws Exception {
        HookRun run = run();
        run.add(30, hook("iterations", new long[] {3}));
        run.add(50, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 2) {
                    throw new IllegalStateException("on purpose");
                }
            }
        });
        assertThat(run.epochs(1).failure().orElseThrow()).hasMessageContaining("on purpose");
        List<Event> events = trace("profiler-trace-iter3.json");
        assertThat(named(events, "aten::addmm")).hasSize(2);
        // And the next run can be profiled.
        HookRun next = run();
        next.add(30, hook("iterations", new long[] {2}));
        assertThat(next.epochs(1).failure()).isEmpty();
        assertThat(next.events("profiler_trace")).hasSize(1);
    }

    @Test
    void aTrainerThatCannotBeProfiledIsAClearError() {
        HookRun run = new HookRun(folder, new LinearTask(1, 8, 2, 4));
        run.add(30, hook());
        assertThat(run.epochs(1).failure().orElseThrow()).hasRootCauseInstanceOf(UserError.class)
                .hasMessageContaining("this trainer cannot be profiled");
    }
}
