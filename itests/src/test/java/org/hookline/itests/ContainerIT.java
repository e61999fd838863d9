// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hookline.testing.HooklineOptions.hooklineDistribution;
import static org.ops4j.pax.exam.CoreOptions.options;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.inject.Inject;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.Stage;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingEngine;
import org.hookline.engine.TrainingTask;
import org.hookline.testing.HookJar;
import org.hookline.testing.Hookline;
import org.hookline.testing.TrainedRun;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;

/** The feature files' bundles in a forked Felix: wiring, live hooks, a hot drop, real training. */
@RunWith(PaxExam.class)
public class ContainerIT {
    @Inject
    private BundleContext context;

    @Inject
    private TrainingEngine engine;

    @Inject
    private Hookline hookline;

    @Configuration
    public Option[] container() throws Exception {
        Path work = Files.createTempDirectory("hookline-it");
        HookJar.build(work.resolve("dropped.jar"), "third.party.hook", "1.0.0", "*", DroppedHook.class);
        HookJar.build(work.resolve("unresolvable.jar"), "third.party.broken", "1.0.0",
                "com.acme.absent;version=\"[1,2)\",*", DroppedHook.class);
        return options(
                hooklineDistribution(),
                systemProperty("it.work").value(work.toString()));
    }

    private static Path work() {
        return Path.of(System.getProperty("it.work"));
    }

    private final List<RunEvent> events = java.util.Collections.synchronizedList(new ArrayList<>());

    private Run prepare(String id, RunSpec spec, TrainingTask task) throws IOException {
        return engine.prepare(id, spec, Files.createTempDirectory(work(), id), task, events::add);
    }

    private static RunSpec steps(long iterations) {
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        return new RunSpec("steps", 1, Progress.Mode.BY_ITER, 0, iterations, "cpu", "fp32", 1, 0, none, none, none,
                List.of(), none, Path.of("."), Map.of());
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for: " + what).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    @Test
    public void everyBundleOfEveryFeatureResolvesAndStarts() {
        List<String> notActive = Arrays.stream(context.getBundles())
                .filter(b -> b.getHeaders().get(Constants.FRAGMENT_HOST) == null)
                .filter(b -> b.getState() != Bundle.ACTIVE)
                .map(b -> b.getSymbolicName() + " is in state " + b.getState())
                .toList();
        assertThat(notActive).isEmpty();
        assertThat(Arrays.stream(context.getBundles()).map(Bundle::getSymbolicName))
                .contains("org.hookline.api", "org.hookline.engine", "org.hookline.djl", "org.hookline.trainer",
                        "org.hookline.stepping", "org.hookline.hook.optimizer", "org.hookline.data.digits");
    }

    @Test
    public void hookServicesAreTrackedInTheOrderOfTheirLevelsAndLeave() throws Exception {
        List<String> journal = new ArrayList<>();
        ServiceRegistration<Hook> low = register("low", "LOW", journal);
        ServiceRegistration<Hook> high = register("high", "HIGH", journal);
        ServiceRegistration<Hook> first = register("first", 0, journal);
        Run run = prepare("live", steps(100_000), new StepTask());
        CompletableFuture<RunResult> result = start(run);
        await("ten iterations", () -> run.progress().iteration() >= 10);

        high.unregister();
        long gone = run.progress().iteration();
        await("ten more", () -> run.progress().iteration() >= gone + 10);
        Dictionary<String, Object> moved = new Hashtable<>(Map.of(HookProperties.LEVEL, -10));
        low.setProperties(moved);
        long changed = run.progress().iteration();
        await("ten more", () -> run.progress().iteration() >= changed + 10);
        run.stop("seen enough");
        assertThat(result.get(10, TimeUnit.SECONDS).outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        low.unregister();
        first.unregister();

        assertThat(journal.subList(0, 3)).containsExactly("first@0", "high@0", "low@0");
        assertThat(journal).noneMatch(s -> s.startsWith("high@") && number(s) > gone + 1);
        int end = journal.size();
        assertThat(journal.get(end - 2)).startsWith("low@");
        assertThat(journal.get(end - 1)).startsWith("first@");
    }

    private static long number(String entry) {
        return Long.parseLong(entry.substring(entry.indexOf('@') + 1));
    }

    private ServiceRegistration<Hook> register(String name, Object level, List<String> journal) {
        Hook hook = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext training) {
                journal.add(name + "@" + training.progress().iteration());
            }
        };
        return context.registerService(Hook.class, hook,
                new Hashtable<>(Map.of(HookProperties.NAME, name, HookProperties.LEVEL, level)));
    }

    private static CompletableFuture<RunResult> start(Run run) {
        CompletableFuture<RunResult> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                result.complete(run.execute());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        return result;
    }

    @Test
    public void aJarDroppedDuringARunIsUsedFromACountedIterationOnUntilItIsRemoved() throws Exception {
        Run run = prepare("drop", steps(100_000), new StepTask());
        CompletableFuture<RunResult> result = start(run);
        await("the run goes", () -> run.progress().iteration() >= 20);

        Path rejected = Path.of(System.getProperty("hookline.data"), "rejected/broken.jar.txt");
        Path jar = hookline.deployFolder().resolve("dropped.jar");
        Files.copy(work().resolve("unresolvable.jar"), hookline.deployFolder().resolve("broken.jar"));
        Files.copy(work().resolve("dropped.jar"), jar.resolveSibling("dropped.tmp"));
        long before = run.progress().iteration();
        Files.move(jar.resolveSibling("dropped.tmp"), jar, StandardCopyOption.ATOMIC_MOVE);
        await("the hook is called", () -> System.getProperty("dropped.calls") != null);
        await("it is called for a while", () -> Long.getLong("dropped.calls") >= 20);
        assertThat(run.hooks().find("DroppedHook")).hasValueSatisfying(h -> {
            assertThat(h.level()).isEqualTo(40);
            assertThat(h.bundle()).isEqualTo("third.party.hook");
            assertThat(h.version()).isEqualTo("1.0.0");
        });
        await("the broken jar is explained", () -> Files.exists(rejected));

        Files.delete(jar);
        await("the hook is gone", () -> run.hooks().find("DroppedHook").isEmpty());
        long after = run.progress().iteration();
        await("the run goes on", () -> run.progress().iteration() >= after + 20);
        run.stop("seen enough");
        assertThat(result.get(10, TimeUnit.SECONDS).failure()).isEmpty();

        long first = Long.getLong("dropped.first");
        long last = Long.getLong("dropped.last");
        assertThat(System.getProperty("dropped.late")).isEqualTo("true");
        assertThat(first).isGreaterThanOrEqualTo(before);
        assertThat(last).isLessThanOrEqualTo(after);
        // Not one iteration of its stay was missed or seen twice.
        assertThat(Long.getLong("dropped.calls")).isEqualTo(last - first + 1);
        assertThat(events).anySatisfy(e -> {
            assertThat(e.type()).isEqualTo("hook_added");
            assertThat(e.iteration()).isEqualTo(first);
            assertThat(e.text()).isEqualTo("iteration " + first + ": + DroppedHook 1.0.0 (level 40)");
        });
        assertThat(events).anySatisfy(e -> assertThat(e.text()).endsWith(": - DroppedHook 1.0.0"));
        assertThat(Files.readString(rejected))
                .contains(
                        "it needs the package com.acme.absent in version [1.0.0,2.0.0), and no bundle here offers it");
    }

    @Test
    public void aModelIsTrainedForRealInsideTheContainer() throws Exception {
        TrainedRun run = hookline.train("runs/digits.yaml", "train.epochs=6", "optimizer.lr=0.005", "name=real");
        assertThat(run.iterations()).isEqualTo(270);
        assertThat(run.metric("test/accuracy")).isGreaterThan(0.9);
        assertThat(run.calls("OptimizerHook", Stage.AFTER_TRAIN_ITER)).isEqualTo(270);
        assertThat(run.folder().resolve("effective.yaml")).exists();
    }

    @Test
    public void aRunThatFailsOrCannotBeginIsToldByTheKit() {
        assertThatThrownBy(() -> hookline.train("runs/digits.yaml", "train.epoch=1"))
                .isInstanceOf(UserError.class).hasMessageContaining("did you mean 'epochs'");
        Hook failing = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext training) {
                throw new IllegalStateException("on purpose");
            }
        };
        ServiceRegistration<Hook> registration = context.registerService(Hook.class, failing,
                new Hashtable<>(Map.of(HookProperties.NAME, "failing", HookProperties.KIND, HookKind.TRAINING)));
        try {
            assertThatThrownBy(() -> hookline.train("runs/digits.yaml", "train.epochs=1"))
                    .isInstanceOf(AssertionError.class).hasMessageContaining("failing").hasMessageContaining("purpose");
        } finally {
            registration.unregister();
        }
    }
}
