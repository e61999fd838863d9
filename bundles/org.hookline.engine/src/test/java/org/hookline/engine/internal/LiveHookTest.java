// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that change while a run goes on. */
class LiveHookTest {
    private static final long BUNDLE = 7;

    @TempDir
    Path folder;

    private final RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofSeconds(5));
    private final List<RunEvent> events = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private final Tuned hook = new Tuned();
    private Run run;

    /** Notes what is in force at each moment. */
    private final class Tuned implements LiveHook<Integer> {
        final LiveSettings<Integer> settings = LiveSettings.of(() -> 1);

        @Override
        public LiveSettings<Integer> liveSettings() {
            return settings;
        }

        void offer(int value) {
            settings.offer(() -> {
                if (value < 0) {
                    throw new UserError("Tuned: value is " + value + ", expected 0 or more");
                }
                return value;
            });
        }

        @Override
        public void settingsChanged(TrainingContext context, Integer before) {
            seen.add("changed " + before + " to " + settings.get());
            LiveSettings.fixed("Tuned: sign", before > 100, settings.get() > 100);
        }

        @Override
        public void beforeTrain(TrainingContext context) {
            seen.add("begins with " + settings.get());
        }

        @Override
        public void beforeTrainIter(TrainingContext context) {
            seen.add("before " + settings.get());
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            seen.add("after " + settings.get());
        }
    }

    private void put(int level) {
        registry.put(HookSource.of(1, hook, Map.of("component.name", "Tuned", HookProperties.LEVEL, level),
                new HookSource.Origin("tuned", BUNDLE, "1.0.0")));
    }

    /** Does something inside the first iteration, between the two calls of the hook. */
    private void inside(Runnable work) {
        registry.put(HookSource.of(2, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 0) {
                    work.run();
                }
            }
        }, Map.of("component.name", "Other", HookProperties.LEVEL, 50), HookSource.Origin.NONE));
    }

    private void train() {
        assertThat(run.execute().failure()).isEmpty();
        assertThat(run.progress().iteration()).isEqualTo(2);
    }

    private List<String> told(String type) {
        return events.stream().filter(e -> e.type().equals(type)).map(RunEvent::text).toList();
    }

    @BeforeEach
    void prepare() {
        run = registry.prepare("r", TrainingRunTest.iterations(2), folder, new CountingTask(100), events::add);
        put(30);
    }

    @Test
    void noIterationSeesTwoSettingsAndTheHookIsNotStartedAgain() {
        inside(() -> {
            hook.offer(2);
            put(30);
        });
        train();
        assertThat(seen).containsExactly("begins with 1", "before 1", "after 1", "changed 1 to 2", "before 2",
                "after 2");
        assertThat(told("hook_changed")).containsExactly("iteration 1: Tuned reconfigured");
    }

    @Test
    void whatIsOfferedIsTakenUpWithTheServiceAndNotBefore() {
        inside(() -> hook.offer(2));
        train();
        assertThat(seen).doesNotContain("changed 1 to 2").contains("after 1");
    }

    @Test
    void levelAndSettingsChangeAtOneBoundary() {
        inside(() -> {
            hook.offer(2);
            put(40);
        });
        train();
        assertThat(seen).endsWith("changed 1 to 2", "before 2", "after 2");
        assertThat(told("hook_changed")).containsExactly("iteration 1: Tuned level 30 -> 40");
    }

    @Test
    void aLevelAloneTellsTheHookNothing() {
        inside(() -> put(40));
        train();
        assertThat(seen).containsExactly("begins with 1", "before 1", "after 1", "before 1", "after 1");
    }

    @Test
    void wrongSettingsAreTheChangesToTellAndThoseBeforeStay() {
        try (HookChange change = registry.change()) {
            change.hold(BUNDLE);
            inside(() -> {
                hook.offer(-5);
                put(30);
            });
            train();
            assertThat(change.refused()).containsExactly(Map.entry(BUNDLE, "Tuned: value is -5, expected 0 or more"));
        }
        assertThat(seen).containsExactly("begins with 1", "before 1", "after 1", "before 1", "after 1");
        assertThat(told("settings_refused"))
                .containsExactly("iteration 1: Tuned keeps its settings: Tuned: value is -5, expected 0 or more");
        assertThat(told("hook_changed")).isEmpty();
    }

    @Test
    void settingsThatTheRunCannotHaveAreTakenBack() {
        inside(() -> {
            hook.offer(1000);
            put(30);
        });
        train();
        assertThat(seen).endsWith("changed 1 to 1000", "before 1", "after 1");
        assertThat(told("settings_refused").getFirst())
                .endsWith("Tuned: sign is false for the whole run and cannot become true while it goes on");
    }

    @Test
    void whatIsOfferedBeforeTheRunHoldsFromItsStart() {
        hook.offer(3);
        train();
        assertThat(seen).startsWith("begins with 3", "before 3");
    }

    @Test
    void theLastOfferCounts() {
        inside(() -> {
            hook.offer(-1);
            hook.offer(5);
            put(30);
        });
        train();
        assertThat(seen).endsWith("changed 1 to 5", "before 5", "after 5");
    }
}
