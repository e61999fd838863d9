// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.SharedData;
import org.hookline.api.TrainingContext;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a deployer and a person do to a running run: changes of several bundles at once, pauses, levels, switches. */
@Timeout(30)
class HookChangeTest {
    @TempDir
    Path folder;

    private final RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofSeconds(5));
    private final List<RunEvent> events = Collections.synchronizedList(new ArrayList<>());
    private long nextId = 1;
    private Run run;
    private CompletableFuture<RunResult> result;

    @BeforeEach
    void prepare() {
        run = registry.prepare("r", TrainingRunTest.iterations(Long.MAX_VALUE), folder, new CountingTask(100),
                events::add);
    }

    private void start() {
        result = CompletableFuture.supplyAsync(run::execute);
        await(() -> run.progress().iteration() > 20);
    }

    @AfterEach
    void stop() throws Exception {
        run.stop("test over");
        if (result != null) {
            result.get(10, TimeUnit.SECONDS);
        }
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private void goOn() {
        long now = run.progress().iteration();
        await(() -> run.progress().iteration() > now + 10);
    }

    private long add(long bundleId, String version, String name, Hook hook, Object... more) {
        Map<String, Object> map = new HashMap<>(Map.of("component.name", name));
        for (int i = 0; i < more.length; i += 2) {
            map.put((String) more[i], more[i + 1]);
        }
        long id = nextId++;
        registry.put(HookSource.of(id, hook, map, new HookSource.Origin("my.bundle" + bundleId / 10, bundleId,
                version)));
        return id;
    }

    private List<String> names() {
        return run.hooks().list().stream().map(h -> h.name() + " " + h.version()).toList();
    }

    /** Waits for so many: they come from a thread of their own. */
    private List<RunEvent> hookEvents(int atLeast) {
        await(() -> hookEvents().size() >= atLeast);
        return hookEvents();
    }

    private List<RunEvent> hookEvents() {
        synchronized (events) {
            return events.stream().filter(e -> e.type().startsWith("hook_")).toList();
        }
    }

    private static final class Broken extends TrainingRunTest.Counter {
        @Override
        public void beforeTrain(TrainingContext context) {
            context.shared().put(KEY, "broken");
            throw new IllegalStateException("no luck");
        }
    }

    private static final SharedData.Key<String> KEY = new SharedData.Key<>("test", String.class);

    @Test
    void hooksOfABundleThatComesAreHeldBackUntilAllAreThereAndThenJoinAtOneBoundary() throws Exception {
        start();
        try (HookChange change = registry.change()) {
            change.hold(10);
            change.hold(20);
            add(10, "1.0.0", "A", new TrainingRunTest.Counter());
            goOn();
            add(10, "1.0.0", "B", new TrainingRunTest.Counter());
            add(20, "1.0.0", "C", new TrainingRunTest.Counter());
            goOn();
            assertThat(names()).isEmpty();
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
            assertThat(change.refused()).isEmpty();
        }
        assertThat(names()).containsExactlyInAnyOrder("A 1.0.0", "B 1.0.0", "C 1.0.0");
        assertThat(hookEvents(3)).hasSize(3).extracting(RunEvent::iteration)
                .containsOnly(hookEvents().getFirst().iteration());
        assertThat(hookEvents().getFirst().details()).containsKey("pause_ms");
    }

    @Test
    void aBundleOfWhichOneHookFailsIsRefusedWholeAndTheOldVersionGoesOnWithItsState() throws Exception {
        TrainingRunTest.Counter oldA = new TrainingRunTest.Counter();
        TrainingRunTest.Counter oldB = new TrainingRunTest.Counter();
        TrainingRunTest.Counter newA = new TrainingRunTest.Counter();
        add(10, "1.0.0", "A", oldA);
        add(10, "1.0.0", "B", oldB);
        start();
        try (HookChange change = registry.change()) {
            change.hold(11);
            long a = add(11, "1.1.0", "A", newA);
            long b = add(11, "1.1.0", "B", new Broken());
            change.hold(20);
            add(20, "1.0.0", "Other", new TrainingRunTest.Counter());
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
            assertThat(change.refused()).containsOnlyKeys(11L);
            assertThat(change.refused().get(11L)).isEqualTo("its hook B cannot take part in the run: no luck");
            registry.remove(a);
            registry.remove(b);
        }
        goOn();
        assertThat(names()).containsExactlyInAnyOrder("A 1.0.0", "B 1.0.0", "Other 1.0.0");
        assertThat(newA.count - newA.loadedAt).isZero();
        run.stop("look");
        result.join();
        assertThat(oldA.count).isEqualTo(run.progress().iteration());
        assertThat(oldB.count).isEqualTo(run.progress().iteration());
    }

    /** The set is worked out without end, so that the commits fall into the middle of that. */
    @Test
    void aBundleIsTakenAsAWholeWheneverItsChangeIsCommitted() throws Exception {
        start();
        HookSource busy = HookSource.of(nextId++, new TrainingRunTest.Counter(), Map.of("component.name", "Busy"),
                new HookSource.Origin("busy", 1, "1.0.0"));
        AtomicBoolean over = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                registry.put(busy);
            }
        });
        try {
            for (int round = 1; round <= 40; round++) {
                try (HookChange change = registry.change()) {
                    change.hold(10 * round);
                    List<Long> ids = new ArrayList<>();
                    List<TrainingRunTest.Counter> hooks = new ArrayList<>();
                    for (int i = 0; i < 60; i++) {
                        hooks.add(i < 59 ? new TrainingRunTest.Counter() : new Broken());
                        ids.add(add(10 * round, "1.0.0", "Hook" + i, hooks.getLast()));
                    }
                    change.commit();
                    assertThat(change.await(Duration.ofSeconds(5))).isTrue();
                    assertThat(change.refused()).containsOnlyKeys(10L * round);
                    goOn();
                    ids.forEach(registry::remove);
                    assertThat(hooks).as("round %d", round).allMatch(h -> h.count == 0);
                }
            }
        } finally {
            over.set(true);
            other.join();
        }
    }

    private void addInChange(HookChange change) throws InterruptedException {
        change.hold(10);
        add(10, "1.0.0", "A", new TrainingRunTest.Counter());
        change.commit();
        assertThat(change.await(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void aHookThatComesAfterTheCommitStaysWhenTheChangeIsClosed() throws Exception {
        start();
        try (HookChange change = registry.change()) {
            addInChange(change);
            add(10, "1.0.0", "Late", new TrainingRunTest.Counter());
            goOn();
        }
        add(20, "1.0.0", "Other", new TrainingRunTest.Counter());
        goOn();
        assertThat(names()).containsExactlyInAnyOrder("A 1.0.0", "Late 1.0.0", "Other 1.0.0");
    }

    @Test
    void aRunThatIsPreparedBetweenCommitAndCloseKeepsTheHooks() throws Exception {
        start();
        try (HookChange change = registry.change()) {
            addInChange(change);
            run.stop("one run after the other");
            result.join();
            prepare();
        }
        start();
        add(20, "1.0.0", "Other", new TrainingRunTest.Counter());
        goOn();
        assertThat(names()).containsExactlyInAnyOrder("A 1.0.0", "Other 1.0.0");
    }

    @Test
    void whatARefusedHookHasSharedIsAsItWas() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        add(10, "1.0.0", "A", new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                context.shared().put(KEY, "whole");
            }

            @Override
            public void afterTrain(TrainingContext context) {
                seen.add(context.shared().get(KEY).orElse("gone"));
            }
        });
        start();
        try (HookChange change = registry.change()) {
            change.hold(20);
            add(20, "1.0.0", "B", new Broken());
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
        }
        run.stop("look");
        result.join();
        assertThat(seen).containsExactly("whole");
    }

    @Test
    void aStateThatIsRefusedIsNoObstacleToAHookThatStartsFresh() throws Exception {
        add(10, "1.0.0", "A", new TrainingRunTest.Counter());
        start();
        TrainingRunTest.Counter fresh = new TrainingRunTest.Counter() {
            @Override
            public boolean startsFresh() {
                return true;
            }
        };
        fresh.refuses = true;
        try (HookChange change = registry.change()) {
            change.hold(11);
            add(11, "2.0.0", "A", fresh);
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
            assertThat(change.refused()).isEmpty();
        }
        assertThat(names()).containsExactly("A 2.0.0");
        assertThat(hookEvents(1).getLast().text()).endsWith(": A 1.0.0 -> 2.0.0");
    }

    @Test
    void aBundleUpdatedInPlaceIsOneChangeToWhoeverWatches() throws Exception {
        TrainingRunTest.Counter old = new TrainingRunTest.Counter();
        TrainingRunTest.Counter fresh = new TrainingRunTest.Counter();
        long id = add(10, "1.0.0", "A", old);
        start();
        try (HookChange change = registry.change()) {
            change.hold(10);
            registry.remove(id);
            goOn();
            add(10, "1.0.1", "A", fresh);
            goOn();
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(fresh.loadedAt).isEqualTo(old.count);
        assertThat(hookEvents(1)).hasSize(1);
        assertThat(hookEvents().getFirst().text()).endsWith(": A 1.0.0 -> 1.0.1, state carried over");
    }

    @Test
    void severalBundlesAreTakenOutAtOnceAndRemovingTheirServicesThenWaitsForNobody() throws Exception {
        long a = add(10, "1.0.0", "A", new TrainingRunTest.Counter());
        long b = add(20, "1.0.0", "B", new TrainingRunTest.Counter());
        start();
        try (HookChange change = registry.change()) {
            change.withdraw(10);
            change.withdraw(20);
            change.commit();
            assertThat(change.await(Duration.ofSeconds(5))).isTrue();
            assertThat(names()).isEmpty();
            // Another change does not bring them back while their services are still there.
            long other = add(30, "1.0.0", "Other", new TrainingRunTest.Counter());
            await(() -> names().equals(List.of("Other 1.0.0")));
            registry.remove(other);
            registry.remove(a);
            registry.remove(b);
        }
        goOn();
        assertThat(names()).isEmpty();
        assertThat(hookEvents(2).subList(0, 2)).extracting(RunEvent::iteration)
                .containsOnly(hookEvents().getFirst().iteration());
    }

    @Test
    void aChangeThatIsGivenUpChangesNothing() throws Exception {
        add(10, "1.0.0", "A", new TrainingRunTest.Counter());
        start();
        HookChange change = registry.change();
        change.hold(11);
        change.withdraw(10);
        add(11, "1.1.0", "A", new TrainingRunTest.Counter());
        goOn();
        assertThat(change.cancel()).isTrue();
        goOn();
        assertThat(names()).containsExactly("A 1.0.0");
        assertThat(hookEvents()).isEmpty();
    }

    @Test
    void withoutARunAChangeIsMadeAtOnce() throws Exception {
        try (HookChange change = registry.change()) {
            change.hold(10);
            add(10, "1.0.0", "A", new TrainingRunTest.Counter());
            assertThat(names()).isEmpty();
            change.commit();
            assertThat(change.await(Duration.ZERO)).isTrue();
        }
        assertThat(names()).containsExactly("A 1.0.0");
    }

    @Test
    void aPausedRunStandsStillTakesChangesAndIsNotMeasured() throws Exception {
        start();
        run.pause();
        await(run::held);
        long at = run.progress().iteration();
        double seconds = run.progress().elapsedSeconds();
        add(10, "1.0.0", "A", new TrainingRunTest.Counter());
        await(() -> names().equals(List.of("A 1.0.0")));
        List<Thread> threads = new ArrayList<>();
        run.betweenIterations(() -> threads.add(Thread.currentThread())).get(5, TimeUnit.SECONDS);
        assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
        Thread.sleep(60);
        assertThat(run.progress().iteration()).isEqualTo(at);
        assertThat(run.progress().pausedSeconds()).isGreaterThan(0.05);
        assertThat(run.progress().elapsedSeconds()).isEqualTo(seconds, org.assertj.core.api.Assertions.within(0.05));
        run.resume();
        goOn();
        assertThat(run.held()).isFalse();
        assertThat(events).extracting(RunEvent::type).contains("pause", "resume");
    }

    @Test
    void aPausedRunCanBeStopped() throws Exception {
        start();
        run.pause();
        await(run::held);
        long at = run.progress().iteration();
        run.stop("enough");
        assertThat(result.get(5, TimeUnit.SECONDS).iterations()).isEqualTo(at);
        CompletableFuture<Void> late = run.betweenIterations(() -> {});
        assertThatThrownBy(late::get).isInstanceOf(ExecutionException.class).hasMessageContaining("the run has ended");
    }

    @Test
    void aPersonsLevelMovesAHookWithoutARestartAndIsKeptByTheNextVersion() throws Exception {
        List<String> starts = Collections.synchronizedList(new ArrayList<>());
        class Starting extends TrainingRunTest.Counter {
            @Override
            public void beforeTrain(TrainingContext context) {
                starts.add(context.hookName());
            }
        }
        long id = add(10, "1.0.0", "A", new Starting(), "level", 10);
        add(20, "1.0.0", "B", new TrainingRunTest.Counter(), "level", 20);
        start();
        assertThat(run.move("A", 50)).isTrue();
        assertThat(run.move("Z", 50)).isFalse();
        await(() -> names().equals(List.of("B 1.0.0", "A 1.0.0")));
        assertThat(starts).hasSize(1);
        add(11, "1.1.0", "A", new TrainingRunTest.Counter(), "level", 10);
        await(() -> names().equals(List.of("B 1.0.0", "A 1.1.0")));
        // Its own properties have the last word when they change.
        registry.remove(id);
        long last = nextId - 1;
        registry.put(HookSource.of(last, new TrainingRunTest.Counter(), Map.of("component.name", "A", "level", 5),
                new HookSource.Origin("my.bundle1", 11, "1.1.0")));
        await(() -> names().equals(List.of("A 1.1.0", "B 1.0.0")));
    }

    @Test
    void aHookThatFailedCanBeTriedAgain() throws Exception {
        class Moody implements Hook {
            volatile boolean angry = true;
            volatile long calls;

            @Override
            public void afterTrainIter(TrainingContext context) {
                if (angry) {
                    throw new IllegalStateException("not now");
                }
                calls++;
            }
        }
        Moody moody = new Moody();
        add(10, "1.0.0", "A", moody);
        start();
        await(() -> run.hooks().find("A").orElseThrow().state() == HookInfo.State.QUARANTINED);
        moody.angry = false;
        assertThat(run.enable("A", true)).isTrue();
        await(() -> moody.calls > 5);
        assertThat(run.enable("A", false)).isTrue();
        await(() -> run.hooks().find("A").orElseThrow().state() == HookInfo.State.DISABLED);
        long calls = moody.calls;
        goOn();
        assertThat(moody.calls).isEqualTo(calls);
    }

    @Test
    void aHookThatWasSwitchedOffBeforeTheRunIsNotCalled() {
        TrainingRunTest.Counter counter = new TrainingRunTest.Counter();
        add(10, "1.0.0", "A", counter);
        run.enable("A", false);
        start();
        assertThat(counter.count).isZero();
    }
}
