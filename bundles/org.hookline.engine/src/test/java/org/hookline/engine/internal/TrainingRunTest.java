// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.Stage;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.facet.Weights;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TaskLink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class TrainingRunTest {
    @TempDir
    Path folder;

    private final RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofMillis(300));
    private final List<String> journal = new ArrayList<>();
    private final List<RunEvent> events = java.util.Collections.synchronizedList(new ArrayList<>());
    private CountingTask task = new CountingTask(3);
    private long nextId = 1;

    static RunSpec epochs(int n) {
        return spec(Progress.Mode.BY_EPOCH, n, 0);
    }

    static RunSpec iterations(long n) {
        return spec(Progress.Mode.BY_ITER, 0, n);
    }

    private static RunSpec spec(Progress.Mode mode, int epochs, long iterations) {
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        return new RunSpec("test", 1, mode, epochs, iterations, "cpu", "fp32", 1, 0, none, none, none, List.of(), none,
                Path.of("."), Map.of());
    }

    private Run prepare(RunSpec spec) {
        return registry.prepare("r", spec, folder, task, events::add);
    }

    private long add(Hook hook, Object... properties) {
        return add("", "", -1, hook, properties);
    }

    private long add(String bundle, String version, long bundleId, Hook hook, Object... properties) {
        Map<String, Object> map = new HashMap<>();
        map.put("component.name", hook instanceof JournalHook j ? j.id : hook.getClass().getSimpleName());
        for (int i = 0; i < properties.length; i += 2) {
            map.put((String) properties[i], properties[i + 1]);
        }
        long id = nextId++;
        registry.put(HookSource.of(id, hook, map, new HookSource.Origin(bundle, bundleId, version)));
        return id;
    }

    @Test
    void epochModeCallsTheSixStagesInOrder() {
        task = new CountingTask(2);
        add(new JournalHook("h", journal));
        RunResult result = prepare(epochs(2)).execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(journal).containsExactly(
                "h.beforeTrain@0",
                "h.beforeTrainEpoch@0", "h.beforeTrainIter@0", "h.afterTrainIter@0", "h.beforeTrainIter@1",
                "h.afterTrainIter@1", "h.afterTrainEpoch@2",
                "h.beforeTrainEpoch@2", "h.beforeTrainIter@2", "h.afterTrainIter@2", "h.beforeTrainIter@3",
                "h.afterTrainIter@3", "h.afterTrainEpoch@4",
                "h.afterTrain@4");
        assertThat(task.closed).isTrue();
    }

    @Test
    void iterationModeKeepsItsLimitAndCallsNoEpochStage() {
        add(new JournalHook("h", journal));
        RunResult result = prepare(iterations(7)).execute();
        assertThat(result.iterations()).isEqualTo(7);
        assertThat(task.trace).containsExactly("epoch 0", "epoch 1", "epoch 2");
        assertThat(journal).noneMatch(s -> s.contains("Epoch"));
        assertThat(task.forwards).isEqualTo(7);
    }

    @Test
    void inEachStageHooksAreCalledOnceInOrder() {
        add(new JournalHook("last", journal), "level", "LOWEST");
        add(new JournalHook("first", journal), "level", 0);
        add(new JournalHook("middle", journal));
        prepare(iterations(1)).execute();
        assertThat(journal.stream().filter(s -> s.contains("beforeTrainIter")).toList())
                .containsExactly("first.beforeTrainIter@0", "middle.beforeTrainIter@0", "last.beforeTrainIter@0");
        assertThat(journal.stream().filter(s -> s.contains("afterTrainIter")).toList())
                .containsExactly("first.afterTrainIter@0", "middle.afterTrainIter@0", "last.afterTrainIter@0");
    }

    @Test
    void aHookThatComesDuringAnIterationIsUsedFromTheNextOn() {
        add(new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    add(new JournalHook("late", journal));
                }
            }
        });
        prepare(epochs(3)).execute();
        assertThat(journal.subList(0, 4)).containsExactly("late.beforeTrain(late)@5", "late.beforeTrainEpoch@5",
                "late.beforeTrainIter@5", "late.afterTrainIter@5");
        assertThat(events).anySatisfy(e -> {
            assertThat(e.type()).isEqualTo("hook_added");
            assertThat(e.iteration()).isEqualTo(5);
            assertThat(e.text()).startsWith("iteration 5: + late (level 30, after ");
        });
    }

    @Test
    void aHookThatGoesDuringAnIterationSeesItsEndAndNoMore() {
        JournalHook going = new JournalHook("going", journal);
        long id = add(going);
        add(new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 2) {
                    registry.remove(id);
                }
            }
        });
        prepare(epochs(2)).execute();
        assertThat(journal.getLast()).isIn("going.afterTrainIter@2", "going.afterTrainEpoch@3");
        assertThat(journal).contains("going.beforeTrainIter@2", "going.afterTrainIter@2")
                .doesNotContain("going.beforeTrainIter@3", "going.afterTrain@6");
        assertThat(events).anyMatch(e -> e.type().equals("hook_removed"));
    }

    @Test
    void removeReturnsOnlyWhenTheHookIsNotCalledAnyMore() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch running = new CountDownLatch(20);
        long id = add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) throws Exception {
                calls.incrementAndGet();
                running.countDown();
                Thread.sleep(1);
            }
        });
        Run run = prepare(iterations(100_000));
        Thread thread = Thread.ofPlatform().start(run::execute);
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        registry.remove(id);
        int after = calls.get();
        long iteration = run.progress().iteration();
        while (run.progress().iteration() < iteration + 100) {
            Thread.onSpinWait();
        }
        assertThat(calls.get()).isEqualTo(after);
        run.stop("enough");
        thread.join();
    }

    @Test
    void removeOfAHangingHookGivesUpAfterItsPatienceAndTheHookIsNotCalledAgain() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        long id = add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) throws Exception {
                calls.incrementAndGet();
                inside.countDown();
                release.await();
            }
        });
        Run run = prepare(iterations(10));
        Thread thread = Thread.ofPlatform().start(run::execute);
        inside.await();
        long start = System.nanoTime();
        registry.remove(id);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(250),
                Duration.ofSeconds(5));
        release.countDown();
        thread.join();
        assertThat(calls).hasValue(1);
    }

    /** Counts, and hands its count on. */
    static class Counter implements StatefulHook {
        long count;
        long loadedAt = -1;
        boolean refuses;

        @Override
        public void afterTrainIter(TrainingContext context) {
            count++;
        }

        @Override
        public Map<String, Object> saveState() {
            return Map.of("count", count);
        }

        @Override
        public void loadState(int version, Map<String, Object> state) {
            if (refuses) {
                throw new IllegalArgumentException("version " + version + " is not mine");
            }
            count = (Long) state.get("count");
            loadedAt = count;
        }
    }

    private Hook at(long iteration, Runnable action) {
        return new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == iteration) {
                    action.run();
                }
            }
        };
    }

    @Test
    void aNewVersionBesideTheOldTakesItsStateAndPlaceInOneChange() {
        Counter old = new Counter();
        Counter fresh = new Counter();
        add("my.bundle", "1.0.0", 7, old, "component.name", "Counter", "level", 40);
        add(at(3, () -> add("my.bundle", "1.0.1", 8, fresh, "component.name", "Counter", "level", 40)));
        prepare(iterations(10)).execute();
        assertThat(old.count).isEqualTo(4);
        assertThat(fresh.loadedAt).isEqualTo(4);
        assertThat(fresh.count).isEqualTo(10);
        assertThat(events).anyMatch(e -> e.text().equals("iteration 4: Counter 1.0.0 -> 1.0.1, state carried over"));
        assertThat(events).noneMatch(e -> e.type().equals("hook_added") || e.type().equals("hook_removed"));
    }

    @Test
    void aNewVersionThatRefusesTheStateLeavesTheOldOneRunning() {
        Counter old = new Counter();
        Counter fresh = new Counter();
        fresh.refuses = true;
        add("my.bundle", "1.0.0", 7, old, "component.name", "Counter");
        add(at(3, () -> add("my.bundle", "1.0.1", 8, fresh, "component.name", "Counter")));
        RunResult result = prepare(iterations(10)).execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(old.count).isEqualTo(10);
        assertThat(fresh.count).isZero();
        assertThat(events).anyMatch(e -> e.type().equals("hook_rejected")
                && e.text().contains("Counter 1.0.0 goes on"));
    }

    @Test
    void anOlderVersionBesideANewerIsNotUsedUntilTheNewerGoes() {
        Counter newer = new Counter();
        Counter older = new Counter();
        long id = add("my.bundle", "2.0.0", 7, newer, "component.name", "Counter");
        add("my.bundle", "1.0.0", 8, older, "component.name", "Counter");
        add(at(4, () -> registry.remove(id)));
        prepare(iterations(10)).execute();
        assertThat(newer.count).isEqualTo(5);
        assertThat(older.count).isEqualTo(10);
    }

    @Test
    void updateInPlaceCarriesTheStateOverTheGap() {
        Counter old = new Counter();
        Counter fresh = new Counter();
        long id = add("my.bundle", "1.0.0", 7, old, "component.name", "Counter");
        add(at(2, () -> registry.remove(id)));
        add(at(5, () -> add("my.bundle", "1.0.0", 7, fresh, "component.name", "Counter")));
        prepare(iterations(10)).execute();
        assertThat(old.count).isEqualTo(3);
        assertThat(fresh.loadedAt).isEqualTo(3);
        assertThat(fresh.count).isEqualTo(3 + 4);
    }

    @Test
    void severalChangesInOneIterationAreOneChangeAtOneBoundary() {
        List<Long> gone = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            gone.add(add(new JournalHook("old" + i, journal)));
        }
        add(at(2, () -> {
            gone.forEach(registry::remove);
            for (int i = 0; i < 3; i++) {
                add(new JournalHook("new" + i, journal));
            }
        }));
        prepare(iterations(5)).execute();
        assertThat(journal).contains("old0.afterTrainIter@2", "old2.afterTrainIter@2", "new0.beforeTrainIter@3",
                "new2.beforeTrainIter@3");
        assertThat(journal).noneMatch(s -> s.matches("old.*@[34]") || s.matches("new.*@[012]"));
    }

    private static final class Failing extends JournalHook {
        private final String stage;

        Failing(String id, List<String> journal, String stage) {
            super(id, journal);
            this.stage = stage;
        }

        @Override
        void note(String at, TrainingContext context) {
            super.note(at, context);
            if (at.equals(stage)) {
                throw new IllegalStateException(id + " broke");
            }
        }
    }

    @Test
    void aTrainingHookThatFailsAbortsTheRunAndEveryHookIsTold() {
        add(new JournalHook("a", journal));
        add(new Failing("b", journal, "afterTrainIter"), HookProperties.KIND, "training");
        add(new JournalHook("c", journal));
        RunResult result = prepare(iterations(5)).execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.failure()).get().hasToString(
                "org.hookline.engine.internal.HookFailure: b failed in afterTrainIter: b broke");
        assertThat(journal.subList(journal.size() - 6, journal.size())).containsExactly("a.onException@0",
                "b.onException@0", "c.onException@0", "a.afterTrain@0", "b.afterTrain@0", "c.afterTrain@0");
        assertThat(task.closed).isTrue();
    }

    @Test
    void laterFailuresDoNotHideTheFirst() {
        add(new Failing("first", journal, "afterTrainIter"), HookProperties.KIND, "training");
        add(new Failing("second", journal, "afterTrain"), HookProperties.KIND, "training");
        add(new Failing("third", journal, "onException"), HookProperties.KIND, "training");
        add(new JournalHook("watcher", journal));
        RunResult result = prepare(iterations(5)).execute();
        assertThat(result.failure().orElseThrow().getMessage()).startsWith("first failed in afterTrainIter");
        assertThat(journal).contains("watcher.onException@0", "watcher.afterTrain@0");
    }

    @Test
    void aFailureAtTheVeryEndFailsTheRun() {
        add(new Failing("end", journal, "afterTrain"), HookProperties.KIND, "training");
        assertThat(prepare(iterations(2)).execute().outcome()).isEqualTo(RunResult.Outcome.FAILED);
    }

    @Test
    void anObserverThatFailsIsQuarantinedAndTheRunGoesOn() {
        add(new Failing("observer", journal, "afterTrainIter"));
        Run run = prepare(iterations(5));
        AtomicReference<HookInfo> seen = new AtomicReference<>();
        add(at(3, () -> seen.set(run.hooks().find("observer").orElseThrow())));
        RunResult result = run.execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(result.iterations()).isEqualTo(5);
        assertThat(journal.stream().filter(s -> s.startsWith("observer.afterTrainIter"))).hasSize(1);
        assertThat(seen.get().state()).isEqualTo(HookInfo.State.QUARANTINED);
        assertThat(seen.get().lastError()).contains("observer broke");
        assertThat(events).anyMatch(e -> e.type().equals("hook_quarantined"));
    }

    @Test
    void retryCallsAgainAndThenAborts() {
        AtomicInteger calls = new AtomicInteger();
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (calls.incrementAndGet() % 3 != 0) {
                    throw new IllegalStateException("not yet");
                }
            }
        }, HookProperties.ON_ERROR, "retry 2");
        assertThat(prepare(iterations(4)).execute().outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(calls).hasValue(12);

        add(new Failing("always", journal, "afterTrainIter"), HookProperties.ON_ERROR, "retry 2");
        assertThat(registry.prepare("r2", iterations(4), folder, new CountingTask(3), events::add).execute().failure()
                .orElseThrow().getMessage()).startsWith("always failed");
        assertThat(journal.stream().filter(s -> s.startsWith("always.afterTrainIter"))).hasSize(3);
    }

    @Test
    void aLateHookThatCannotStartIsSetAsideWhateverItsKind() {
        add(at(2, () -> add(new Failing("bad", journal, "beforeTrain(late)"), HookProperties.KIND, "training")));
        RunResult result = prepare(iterations(6)).execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(journal).noneMatch(s -> s.contains("bad.beforeTrainIter"));
    }

    @Test
    void aContextThrowsAfterTheRun() {
        AtomicReference<TrainingContext> kept = new AtomicReference<>();
        add(new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                kept.set(context);
            }
        });
        prepare(iterations(1)).execute();
        assertThatThrownBy(() -> kept.get().progress()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anAbsentFacetNamesHookAndFacet() {
        add(new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                context.facet(Weights.class);
            }
        }, "component.name", "Wanting", HookProperties.KIND, "training");
        assertThat(prepare(iterations(1)).execute().failure().orElseThrow().getMessage())
                .isEqualTo("Wanting failed in beforeTrain: hook Wanting needs the facet Weights, which this trainer"
                        + " does not offer");
    }

    @Test
    void stopEndsTheIterationAndCallsAfterTrain() throws IOException {
        add(new JournalHook("h", journal));
        Run run = prepare(epochs(10));
        add(at(4, () -> run.stop("SIGINT")));
        RunResult result = run.execute();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(result.reason()).contains("SIGINT");
        assertThat(result.iterations()).isEqualTo(5);
        assertThat(journal.subList(journal.size() - 2, journal.size()))
                .containsExactly("h.afterTrainIter@4", "h.afterTrain@5");
        List<String> lines = Files.readAllLines(folder.resolve("events.jsonl"));
        assertThat(lines.getFirst()).contains("\"event\":\"run_start\"");
        assertThat(lines).anyMatch(l -> l.contains("\"event\":\"stop\"") && l.contains("\"reason\":\"SIGINT\""));
        assertThat(lines.getLast()).contains("\"event\":\"run_end\"").contains("\"outcome\":\"stopped\"");
    }

    @Test
    void aStepInsideAHookIsDispatchedAndItsTimeIsNotTheOuterHooks() {
        Run run = prepare(iterations(10));
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.facet(TaskLink.class).optimizerStepped();
            }
        }, "component.name", "outer");
        add(new Hook() {
            @Override
            public void afterOptimizerStep(TrainingContext context) throws Exception {
                Thread.sleep(5);
            }
        }, "component.name", "inner");
        AtomicReference<List<HookInfo>> seen = new AtomicReference<>();
        add(at(9, () -> seen.set(run.hooks().list())));
        run.execute();
        assertThat(run.progress().steps()).isEqualTo(10);
        Map<String, HookInfo> byName = new HashMap<>();
        seen.get().forEach(h -> byName.put(h.name(), h));
        assertThat(byName.get("inner").totalNanos()).isGreaterThan(40_000_000L);
        // Were it counted twice, the outer hook's time could not be the shorter one.
        assertThat(byName.get("outer").totalNanos()).isLessThan(byName.get("inner").totalNanos());
        assertThat(byName.get("inner").timings().get(Stage.AFTER_OPTIMIZER_STEP).count()).isEqualTo(9);
    }

    @Test
    void evaluationResultsReachMetricsEventsAndHooksAtOnce() {
        AtomicReference<Double> seen = new AtomicReference<>();
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                TaskLink link = context.facet(TaskLink.class);
                link.evaluationStarts();
                link.evaluationEnded(new Evaluation.Result("test", 0, 1, 10, 0.1, Map.of("accuracy", 0.75)));
            }
        });
        add(new Hook() {
            @Override
            public void afterEvaluate(TrainingContext context) {
                seen.set(context.metrics().series("test/accuracy").orElseThrow().latest());
            }
        });
        RunResult result = prepare(iterations(1)).execute();
        assertThat(seen.get()).isEqualTo(0.75);
        assertThat(result.evaluations()).singleElement().satisfies(r -> assertThat(r.split()).isEqualTo("test"));
    }

    @Test
    void hooksOfAnotherRunAreNotCalled() {
        add(new JournalHook("mine", journal), HookProperties.RUN_ID, "r");
        add(new JournalHook("other", journal), HookProperties.RUN_ID, "another");
        add(new JournalHook("free", journal));
        prepare(iterations(1)).execute();
        assertThat(journal).anyMatch(s -> s.startsWith("mine.")).anyMatch(s -> s.startsWith("free."))
                .noneMatch(s -> s.startsWith("other."));
    }

    @Test
    void aLevelChangedLiveMovesTheHook() {
        JournalHook a = new JournalHook("a", journal);
        long id = add(a, "level", 10);
        add(new JournalHook("b", journal), "level", 20);
        add(at(1, () -> registry.put(HookSource.of(id, a, Map.of("component.name", "a", "level", 50),
                HookSource.Origin.NONE))), "level", 0);
        prepare(iterations(3)).execute();
        assertThat(journal.indexOf("a.afterTrainIter@1")).isLessThan(journal.indexOf("b.afterTrainIter@1"));
        assertThat(journal.indexOf("a.afterTrainIter@2")).isGreaterThan(journal.indexOf("b.afterTrainIter@2"));
        assertThat(journal.stream().filter(s -> s.startsWith("a.beforeTrain@")).toList()).hasSize(1);
    }

    @Test
    void underAStormOfChangesNoIterationIsLostOrRepeatedAndNoHookSeesHalfAnIteration() throws Exception {
        List<Long> counted = new ArrayList<>();
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                counted.add(context.progress().iteration());
            }
        });
        Run run = prepare(iterations(20_000));
        List<String> torn = new ArrayList<>();
        Thread storm = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 300; i++) {
                long id = add(new Hook() {
                    private long begun = -1;

                    @Override
                    public void beforeTrainIter(TrainingContext context) {
                        begun = context.progress().iteration();
                    }

                    @Override
                    public void afterTrainIter(TrainingContext context) {
                        if (begun != context.progress().iteration()) {
                            torn.add("before " + begun + ", after " + context.progress().iteration());
                        }
                    }
                });
                registry.remove(id);
            }
            run.stop("storm over");
        });
        run.execute();
        storm.join();
        assertThat(torn).isEmpty();
        for (int i = 0; i < counted.size(); i++) {
            assertThat(counted.get(i)).isEqualTo(i);
        }
    }

    @Test
    void aHookThatDoesNotReturnIsNamedWithItsStack() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) throws Exception {
                release.await();
            }
        }, "component.name", "Sleeper");
        HookCalls calls = ((TrainingRun) prepare(iterations(1))).hookSet().calls();
        TrainingRun run = (TrainingRun) registry.runs().iterator().next();
        try (Watchdog dog = new Watchdog(run, calls::inside, Duration.ofMillis(50))) {
            assertThat(dog).isNotNull();
            Thread thread = Thread.ofPlatform().start(run::execute);
            while (events.stream().noneMatch(e -> e.type().equals("hook_slow"))) {
                Thread.sleep(10);
            }
            release.countDown();
            thread.join();
        }
        assertThat(events).anySatisfy(e -> {
            assertThat(e.text()).contains("hook Sleeper has not returned");
            assertThat(e.details().get("stack").toString()).contains("CountDownLatch.await");
        });
    }

    @Test
    void whoListensIsToldOfEachCallInnerOnesFirstAndNobodyElseIs() {
        List<String> spans = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        add(new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                TaskLink link = context.facet(TaskLink.class);
                if (context.progress().iteration() == 0) {
                    link.spans((hook, stage, start, end) -> {
                        spans.add(hook + "." + stage.method());
                        times.add(start);
                        times.add(end);
                    });
                } else if (context.progress().iteration() == 2) {
                    link.spans(null);
                }
                link.optimizerStepped();
            }
        }, "hook.name", "outer", "level", 20);
        add(new Hook() {
            @Override
            public void afterOptimizerStep(TrainingContext context) {}

            @Override
            public void afterTrainIter(TrainingContext context) {}
        }, "hook.name", "inner", "level", 30);
        prepare(iterations(3)).execute();
        List<String> one = List.of("inner.afterOptimizerStep", "outer.afterTrainIter", "inner.afterTrainIter");
        List<String> expected = new ArrayList<>(one);
        expected.addAll(one);
        assertThat(spans).isEqualTo(expected);
        // Inner, outer, behind: the first lies in the second, the third comes after it.
        assertThat(times.get(0)).isGreaterThanOrEqualTo(times.get(2));
        assertThat(times.get(1)).isLessThanOrEqualTo(times.get(3));
        assertThat(times.get(4)).isGreaterThanOrEqualTo(times.get(3));
    }
}
