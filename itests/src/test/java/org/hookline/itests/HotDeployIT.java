// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hookline.testing.HooklineOptions.hooklineDistribution;
import static org.ops4j.pax.exam.CoreOptions.options;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.control.Control;
import org.hookline.deploy.Deployments;
import org.hookline.deploy.Deployments.State;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingEngine;
import org.hookline.testing.HookJar;
import org.hookline.testing.Hookline;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Jars dropped, replaced, spoilt and deleted while a run goes on, in a forked Felix with the whole distribution. */
@RunWith(PaxExam.class)
public class HotDeployIT {
    @Inject
    private BundleContext context;

    @Inject
    private TrainingEngine engine;

    @Inject
    private Deployments deployments;

    @Inject
    private Control control;

    @Inject
    private Hookline hookline;

    private final List<RunEvent> events = Collections.synchronizedList(new ArrayList<>());
    private Run run;
    private CompletableFuture<RunResult> result;

    @Configuration
    public Option[] container() throws Exception {
        Path work = Files.createTempDirectory("hookline-hot");
        for (int i = 0; i < 4; i++) {
            counting(work, "counting-1.0." + i + ".jar", "1.0." + i);
        }
        HookJar.build(work.resolve("counting-again.jar"), "third.counting", "1.0.0", "*", CountingHook.class,
                Specimens.NoHook.class);
        HookJar.build(work.resolve("two-1.jar"), "third.two", "1.0.0", "*", CountingHook.class,
                Specimens.SecondHook.class);
        HookJar.build(work.resolve("two-2.jar"), "third.two", "1.1.0", "*", CountingHook.class,
                Specimens.SecondHook.class);
        HookJar.build(work.resolve("two-bad.jar"), "third.two", "1.2.0", "*", CountingHook.class,
                Specimens.SecondHook.class, Specimens.LateFailureHook.class);
        HookJar.build(work.resolve("second.jar"), "third.second", "1.0.0", "*", Specimens.SecondHook.class);
        HookJar.build(work.resolve("unresolvable.jar"), "third.unresolvable", "1.0.0",
                "com.acme.absent;version=\"[1,2)\",*", Specimens.SecondHook.class);
        HookJar.build(work.resolve("newapi.jar"), "third.newapi", "1.0.0",
                "org.hookline.api;version=\"[9,10)\",*", Specimens.SecondHook.class);
        HookJar.build(work.resolve("unmade.jar"), "third.unmade", "1.0.0", "*", Specimens.UnmadeHook.class);
        HookJar.build(work.resolve("mislevelled.jar"), "third.mislevelled", "1.0.0", "*",
                Specimens.MislevelledHook.class);
        HookJar.build(work.resolve("nohook.jar"), "third.nohook", "1.0.0", "*", Specimens.NoHook.class);
        HookJar.build(work.resolve("system.jar"), "org.hookline.engine", "0.1.0", "*", Specimens.SecondHook.class);
        HookJar.build(work.resolve("hanging.jar"), "third.hanging", "1.0.0", "*", Specimens.HangingHook.class);
        HookJar.build(work.resolve("clinging.jar"), "third.clinging", "1.0.0", "*", Specimens.ClingingHook.class);
        HookJar.build(work.resolve("tunable.jar"), "third.tunable", "1.0.0", "*", Specimens.TunableHook.class,
                Specimens.TunableHook.Config.class);
        HookJar.build(work.resolve("plain.jar"), "third.activator", "1.0.0", "*",
                Specimens.BadActivator.class);
        header(work.resolve("plain.jar"), work.resolve("activator.jar"), "Bundle-Activator",
                Specimens.BadActivator.class.getName());
        header(work.resolve("second.jar"), work.resolve("exporting.jar"), "Export-Package",
                "org.hookline.api;version=1.0.0");
        header(work.resolve("counting-1.0.0.jar"), work.resolve("singleton-0.jar"), "Bundle-SymbolicName",
                "third.single;singleton:=true");
        header(work.resolve("counting-1.0.1.jar"), work.resolve("singleton-1.jar"), "Bundle-SymbolicName",
                "third.single;singleton:=true");
        newer(work.resolve("second.jar"), work.resolve("newer.jar"));
        Files.writeString(work.resolve("text.jar"), "no jar");
        byte[] whole = Files.readAllBytes(work.resolve("counting-1.0.1.jar"));
        Files.write(work.resolve("half.jar"), java.util.Arrays.copyOf(whole, whole.length / 2));
        return options(hooklineDistribution(), systemProperty("it.work").value(work.toString()),
                systemProperty("hookline.unbind.timeout.ms").value("1000"),
                systemProperty("hookline.deploy.patience.ms").value("1000"));
    }

    private static void counting(Path work, String file, String version) throws Exception {
        HookJar.build(work.resolve(file), "third.counting", version, "*", CountingHook.class);
    }

    /** Copies a jar with another header in its manifest. */
    private static void header(Path from, Path to, String name, String value) throws IOException {
        try (JarFile in = new JarFile(from.toFile())) {
            Manifest manifest = new Manifest(in.getManifest());
            manifest.getMainAttributes().putValue(name, value);
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(to), manifest)) {
                for (JarEntry entry : (Iterable<JarEntry>) in.stream()::iterator) {
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        out.putNextEntry(new JarEntry(entry.getName()));
                        try (InputStream data = in.getInputStream(entry)) {
                            data.transferTo(out);
                        }
                    }
                }
            }
        }
    }

    /** Copies a jar with classes as a compiler of a later Java writes them. */
    private static void newer(Path from, Path to) throws IOException {
        try (JarFile in = new JarFile(from.toFile());
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(to), in.getManifest())) {
            for (JarEntry entry : (Iterable<JarEntry>) in.stream()::iterator) {
                if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    byte[] bytes = in.getInputStream(entry).readAllBytes();
                    if (entry.getName().endsWith(".class")) {
                        // The major version: 99 is Java 55.
                        bytes[7] = 99;
                    }
                    out.write(bytes);
                }
            }
        }
    }

    private static Path work() {
        return Path.of(System.getProperty("it.work"));
    }

    private Path deploy(String file) {
        return hookline.deployFolder().resolve(file);
    }

    private static String note(String file) {
        try {
            return Files.readString(Path.of(System.getProperty("hookline.data"), "rejected", file + ".txt"));
        } catch (IOException e) {
            return "";
        }
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for: " + what).isLessThan(deadline);
            Thread.sleep(2);
        }
    }

    private void start() throws Exception {
        System.getProperties().stringPropertyNames().stream().filter(p -> p.matches("(counting|second|tunable)\\..*"))
                .forEach(System::clearProperty);
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        RunSpec spec = new RunSpec("steps", 1, Progress.Mode.BY_ITER, 0, 1_000_000, "cpu", "fp32", 1, 0, none,
                none, none, List.of(), none, Path.of("."), Map.of());
        run = engine.prepare("hot", spec, Files.createTempDirectory(work(), "run"), new StepTask(), events::add);
        result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> result.complete(run.execute()));
        await("the run goes", () -> run.progress().iteration() >= 5);
    }

    @After
    public void end() throws Exception {
        System.clearProperty("hanging.on");
        if (run != null) {
            run.stop("test over");
            assertThat(result.get(10, TimeUnit.SECONDS).failure()).isEmpty();
        }
        for (String folder : List.of("hookline.deploy", "hookline.conf")) {
            try (var files = Files.list(Path.of(System.getProperty(folder)))) {
                deployments.undeploy(files.map(f -> f.toAbsolutePath().normalize()).toList());
            }
        }
        assertThat(deployments.list()).isEmpty();
    }

    private void drop(String from, String to) throws IOException {
        Path temporary = Files.copy(work().resolve(from), deploy(to + ".tmp"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(temporary, deploy(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private List<String> hooks() {
        return run.hooks().list().stream().filter(h -> h.state() == HookInfo.State.ACTIVE)
                .map(h -> h.name() + " " + h.version()).toList();
    }

    private void goOn() throws InterruptedException {
        long now = run.progress().iteration();
        await("ten iterations", () -> run.progress().iteration() >= now + 10);
    }

    /** From its first iteration on the hook, in all its versions, has seen each one whole. */
    private static void assertNothingMissed() {
        assertThat(System.getProperty("counting.torn")).isNull();
        String[] seen = System.getProperty("counting.seen").split(" ", 3);
        assertThat(Long.parseLong(seen[2])).isEqualTo(Long.parseLong(seen[1]) - Long.parseLong(seen[0]) + 1);
    }

    // ---- the rows of the measured table

    @Test
    public void rowsAandB_renamedInAndReplacedByRename() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        goOn();
        drop("counting-again.jar", "c.jar");
        await("the same version with other bytes takes over",
                () -> events.stream()
                .anyMatch(e -> e.text().endsWith("CountingHook 1.0.0 -> 1.0.0, state carried over")));
        goOn();
        drop("counting-1.0.1.jar", "c.jar");
        await("a new version takes over",
                () -> events.stream()
                .anyMatch(e -> e.text().endsWith("CountingHook 1.0.0 -> 1.0.1, state carried over")));
        goOn();
        assertNothingMissed();
        Files.delete(deploy("c.jar"));
        await("it is gone", () -> hooks().isEmpty());
        await("it is told", () -> events.stream().anyMatch(e -> e.text().endsWith(": - CountingHook 1.0.1")));
    }

    @Test
    public void rowC_truncatedInPlaceLeavesTheOldOneAndAWholeOneMendsIt() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        Files.copy(work().resolve("half.jar"), deploy("c.jar"), StandardCopyOption.REPLACE_EXISTING);
        await("it is explained", () -> note("c.jar").contains("not a readable jar"));
        assertThat(note("c.jar")).contains("third.counting 1.0.0 goes on");
        goOn();
        assertThat(hooks()).containsExactly("CountingHook 1.0.0");
        Files.copy(work().resolve("counting-1.0.1.jar"), deploy("c.jar"), StandardCopyOption.REPLACE_EXISTING);
        await("the whole one takes over", () -> hooks().contains("CountingHook 1.0.1"));
        await("its note goes", () -> note("c.jar").isEmpty());
        goOn();
        assertNothingMissed();
    }

    @Test
    public void aSlowCopyIsWaitedForAndTemporaryNamesAreNotLookedAt() throws Exception {
        start();
        byte[] bytes = Files.readAllBytes(work().resolve("counting-1.0.0.jar"));
        for (String name : List.of(".c.jar.swp", "c.jar~", ".c.jar", "c.jar.part")) {
            Files.write(deploy(name), bytes);
        }
        try (var out = Files.newOutputStream(deploy("slow.jar"))) {
            for (int i = 0; i < bytes.length; i += 400) {
                out.write(bytes, i, Math.min(400, bytes.length - i));
                Thread.sleep(30);
            }
        }
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        assertThat(note("slow.jar")).isEmpty();
        await("it alone is listed", () -> deployments.list().size() == 1);
        for (String name : List.of(".c.jar.swp", "c.jar~", ".c.jar", "c.jar.part")) {
            Files.delete(deploy(name));
        }
    }

    @Test
    public void rowE_anotherVersionInAnotherFileTakesOverAndThereIsOneHook() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        drop("counting-1.0.1.jar", "c-1.0.1.jar");
        await("the newer takes over", () -> hooks().equals(List.of("CountingHook 1.0.1")));
        await("the older file is told to be useless",
                () -> note("c.jar").contains("newer version 1.0.1 in c-1.0.1.jar has taken its place"));
        goOn();
        assertNothingMissed();
    }

    @Test
    public void rowsFandG_aCopyIsRefusedAndDeletingItChangesNothing() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        drop("counting-1.0.0.jar", "copy.jar");
        await("the copy is explained", () -> note("copy.jar").contains("is deployed already, from c.jar"));
        Files.delete(deploy("copy.jar"));
        await("the note goes with the copy", () -> note("copy.jar").isEmpty());
        goOn();
        assertThat(hooks()).containsExactly("CountingHook 1.0.0");
        assertNothingMissed();
    }

    @Test
    public void everyJarThatCannotWorkIsExplainedAndTheRunGoesOn() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        Set<Bundle> before = Set.of(context.getBundles());
        Map<String, String> reasons = Map.ofEntries(
                Map.entry("text.jar", "not a readable jar"),
                Map.entry("system.jar", "its symbolic name org.hookline.engine belongs to the distribution"),
                Map.entry("unresolvable.jar",
                        "it needs the package com.acme.absent in version [1.0.0,2.0.0), and no bundle here offers it"),
                Map.entry("newapi.jar", "it needs the package org.hookline.api in version [9.0.0,10.0.0), and"
                        + " org.hookline.api offers 1."),
                Map.entry("exporting.jar",
                        "it exports the package org.hookline.api, which org.hookline.api offers already"),
                Map.entry("unmade.jar",
                        "its component UnmadeHook cannot be made: java.lang.IllegalStateException: cannot"),
                Map.entry("newer.jar", "its class org.hookline.itests.Specimens$SecondHook is built for Java 55 and "
                        + "this is Java "),
                Map.entry("activator.jar", "it does not start: IllegalStateException: activator broke"),
                Map.entry("mislevelled.jar", "the level 'HIHG' of its hook MislevelledHook cannot be read"),
                Map.entry("nohook.jar", "there is no Hook inside"));
        for (String file : reasons.keySet()) {
            drop(file, file);
        }
        for (Map.Entry<String, String> e : reasons.entrySet()) {
            await(e.getKey() + " is explained", () -> note(e.getKey()).contains(e.getValue()));
        }
        goOn();
        assertThat(hooks()).containsExactly("CountingHook 1.0.0");
        assertThat(Set.of(context.getBundles())).isEqualTo(before);
        assertNothingMissed();
        await("all are listed",
                () -> deployments.list().stream().filter(d -> d.state() == State.REJECTED).count() == reasons.size());
    }

    // ---- bundles with several hooks, several bundles

    @Test
    public void aBundleWithTwoHooksChangesWholeAtOneBoundaryOrNotAtAll() throws Exception {
        start();
        drop("two-1.jar", "two.jar");
        await("both are called", () -> hooks().size() == 2);
        drop("two-2.jar", "two.jar");
        await("both are replaced", () -> hooks().equals(List.of("SecondHook 1.1.0", "CountingHook 1.1.0")));
        await("both are told",
                () -> List.copyOf(events).stream().filter(e -> e.type().equals("hook_replaced")).count() == 2);
        List<Long> at = events.stream().filter(e -> e.type().equals("hook_replaced")).map(RunEvent::iteration).toList();
        assertThat(at.getFirst()).isEqualTo(at.getLast());
        drop("two-bad.jar", "two.jar");
        await("one hook spoils all",
                () -> note("two.jar").contains("its hook LateFailureHook cannot take part in the run"));
        assertThat(note("two.jar")).contains("no luck today").contains("third.two 1.1.0 goes on");
        goOn();
        assertThat(hooks()).containsExactly("SecondHook 1.1.0", "CountingHook 1.1.0");
        assertNothingMissed();
    }

    @Test
    public void severalJarsDroppedTogetherAreOneChange() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        drop("second.jar", "s.jar");
        await("both are called", () -> hooks().size() == 2);
        await("both are told", () -> List.copyOf(events).stream().filter(e -> e.type().equals("hook_added")).count()
                == 2);
        assertThat(events.stream().filter(e -> e.type().equals("hook_added")).map(RunEvent::iteration).distinct())
                .hasSize(1);
    }

    @Test
    public void aSingletonIsExchangedInPlaceWithItsState() throws Exception {
        start();
        drop("singleton-0.jar", "single.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        goOn();
        drop("singleton-1.jar", "single.jar");
        await("it is exchanged", () -> hooks().contains("CountingHook 1.0.1"));
        await("it is told", () -> events.stream()
                .anyMatch(e -> e.text().endsWith("CountingHook 1.0.0 -> 1.0.1, state carried over")));
        assertThat(events).noneMatch(e -> e.type().equals("hook_removed"));
    }

    @Test
    public void aStatefulHookSwappedFiftyTimesEqualsOneThatNeverWas() throws Exception {
        start();
        for (int i = 0; i <= 50; i++) {
            assertThat(deployments.deploy(copy("counting-1.0." + i % 4 + ".jar", "c.jar")).state())
                    .isEqualTo(State.DEPLOYED);
        }
        goOn();
        assertNothingMissed();
        assertThat(events.stream().filter(e -> e.type().equals("hook_replaced"))).hasSize(50);
        assertThat(Long.getLong("counting.count")).isGreaterThan(50);
    }

    private Path copy(String from, String name) throws IOException {
        Path folder = Files.createDirectories(work().resolve("named"));
        return Files.copy(work().resolve(from), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    // ---- settings

    @Test
    public void aFileInConfChangesParametersAndLevelOfARunningHook() throws Exception {
        start();
        Path conf = Path.of(System.getProperty("hookline.conf"));
        drop("tunable.jar", "t.jar");
        await("it is called", () -> "1".equals(System.getProperty("tunable.amount")));
        Files.writeString(conf.resolve("TunableHook.cfg"), "amount = 7\nlevel = HIGHER\n");
        await("it has the value", () -> "7".equals(System.getProperty("tunable.amount")));
        await("it has moved", () -> run.hooks().find("TunableHook").orElseThrow().level() == 10);
        int made = Integer.getInteger("tunable.made");
        Files.writeString(conf.resolve("TunableHook.cfg"), "amount = 8\nlevel = LOWEST\n");
        await("it has the next", () -> "8".equals(System.getProperty("tunable.amount")));
        await("it has moved", () -> run.hooks().find("TunableHook").orElseThrow().level() == 60);
        Files.writeString(conf.resolve("TunableHook.cfg"), "amount = -3\nlevel = LOWEST\n");
        await("it is explained", () -> note("TunableHook.cfg").contains("amount is -3, expected 0 or more"));
        goOn();
        assertThat(System.getProperty("tunable.amount")).isEqualTo("8");
        control.set("TunableHook", Map.of("amount", "9"));
        goOn();
        assertThat(System.getProperty("tunable.amount")).isEqualTo("9");
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> control.set("TunableHook",
                Map.of("amount", "-1"))))
                .isInstanceOf(UserError.class).hasMessage("TunableHook: amount is -1, expected 0 or more");
        goOn();
        assertThat(System.getProperty("tunable.amount")).isEqualTo("9");
        control.level("TunableHook", "LOW");
        await("it has moved", () -> run.hooks().find("TunableHook").orElseThrow().level() == 40);
        assertThat(Integer.getInteger("tunable.made")).as("not made anew").isEqualTo(made);
        Files.writeString(conf.resolve("TunableHook.cfg"), "amount = 8\nlevel = LOW\n");
        await("it has the next", () -> "8".equals(System.getProperty("tunable.amount")));
        Files.write(conf.resolve("TunableHook.cfg"), "amount = \u00e4\n".getBytes(StandardCharsets.ISO_8859_1));
        await("it is explained", () -> note("TunableHook.cfg").contains("not in UTF-8"));
        goOn();
        assertThat(System.getProperty("tunable.amount")).isEqualTo("8");
        Files.delete(conf.resolve("TunableHook.cfg"));
        await("it is as it was", () -> "1".equals(System.getProperty("tunable.amount")));
    }

    @Test
    public void theControlServiceSteersTheRun() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        control.level("CountingHook", "HIGHEST");
        await("it has moved", () -> run.hooks().find("CountingHook").orElseThrow().level() == 0);
        control.enable("CountingHook", false);
        await("it is off", () -> hooks().isEmpty());
        control.enable("CountingHook", true);
        await("it is on", () -> hooks().size() == 1);
        assertThat(control.pause()).isTrue();
        long at = run.progress().iteration();
        Thread.sleep(50);
        assertThat(run.progress().iteration()).isEqualTo(at);
        control.resume();
        goOn();
        assertThat(control.installed()).extracting(k -> k.type().type()).contains("OptimizerHook", "CountingHook");
        assertThat(control.undeploy("CountingHook")).hasSize(1);
        assertThat(hooks()).isEmpty();
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> control.undeploy("CountingHok")))
                .isInstanceOf(UserError.class);
    }

    @Test
    public void aBundleThatLeavesNothingBehindIsFreeAfterOneUndeployment() throws Exception {
        start();
        drop("counting-1.0.0.jar", "c.jar");
        await("it is called", () -> hooks().contains("CountingHook 1.0.0"));
        // Long enough for its methods to be compiled into those of the loop.
        await("it has been called often", () -> control.hooks().stream()
                .anyMatch(h -> h.name().equals("CountingHook") && h.calls() > 4_000));
        control.undeploy("CountingHook");
        assertThat(control.leaks(true)).isEmpty();
    }

    @Test
    public void whatABundleLeavesBehindIsTold() throws Exception {
        start();
        drop("clinging.jar", "clinging.jar");
        await("it is called", () -> System.getProperty("second.last") != null);
        control.undeploy("ClingingHook");
        try {
            assertThat(control.leaks(true)).extracting(l -> l.bundle() + " " + l.version())
                    .containsExactly("third.clinging 1.0.0");
        } finally {
            Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("clinging"))
                    .forEach(Thread::interrupt);
        }
        await("it has gone", () -> control.leaks(true).isEmpty());
    }

    @Test
    public void aHookThatHangsIsCutOffWhenItsJarIsDeleted() throws Exception {
        start();
        drop("hanging.jar", "h.jar");
        await("it is called", () -> hooks().contains("HangingHook 1.0.0"));
        System.setProperty("hanging.on", "true");
        Thread.sleep(50);
        long start = System.nanoTime();
        deployments.undeploy(List.of(deploy("h.jar")));
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(8));
        System.clearProperty("hanging.on");
        goOn();
        assertThat(hooks()).isEmpty();
    }

    // ---- soak

    /** What a run of digits came to. */
    private record Outcome(List<Long> iterations, float[] weights) {}

    /** Trains the digits with an observer that counts, and keeps pace with what goes on beside it. */
    private Outcome train(int epochs, java.util.function.DoubleSupplier done) {
        List<Long> counted = new ArrayList<>();
        float[][] weights = new float[1][];
        Hook witness = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext training) throws InterruptedException {
                Progress p = training.progress();
                counted.add(p.iteration());
                for (int i = 0; i < 10 && done.getAsDouble() < (double) p.iteration() / p.iterations(); i++) {
                    Thread.sleep(2);
                }
            }

            @Override
            public void afterTrain(TrainingContext training) {
                weights[0] = training.weights().flat().toFloatArray();
            }
        };
        ServiceRegistration<Hook> registration = context.registerService(Hook.class, witness,
                new Hashtable<>(Map.of(HookProperties.NAME, "witness", HookProperties.LEVEL, 100)));
        try {
            hookline.train("runs/digits.yaml", "train.epochs=" + epochs, "hooks.EvaluateHook=false");
        } finally {
            registration.unregister();
        }
        return new Outcome(counted, weights[0]);
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(n -> !n.matches(".*(RMI|Attach|pool-|ForkJoin|hookline-control-client|process reaper).*"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static long metaspace() {
        System.gc();
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(p -> p.getName().equals("Metaspace"))
                .mapToLong(p -> p.getUsage().getUsed()).sum();
    }

    @Test
    public void soak_fiveHundredChangesLeaveTheTrainingAsItIsAndNothingBehind() throws Exception {
        int epochs = 10;
        Outcome quiet = train(epochs, () -> 1);
        Random random = new Random(42);
        int operations = 500;
        int[] done = {0};
        int[] rejected = {0};
        change(random, rejected);
        Set<String> threads = threads();
        long[] space = {0};
        CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
            try {
                Thread.sleep(300);
                for (; done[0] < operations; done[0]++) {
                    change(random, rejected);
                    if (done[0] == 100) {
                        space[0] = metaspace();
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            } finally {
                done[0] = operations;
            }
        });
        Outcome stormy = train(epochs, () -> (double) done[0] / operations);
        changes.get(60, TimeUnit.SECONDS);
        deployments.undeploy(deployments.list().stream().map(Deployments.Deployment::file).toList());

        assertThat(stormy.iterations()).isEqualTo(quiet.iterations());
        assertThat(stormy.weights()).isEqualTo(quiet.weights());
        assertThat(System.getProperty("counting.torn")).isNull();
        assertThat(rejected[0]).isGreaterThan(40);
        assertThat(deployments.leaks(true)).isEmpty();
        assertThat(metaspace() - space[0]).as("metaspace in bytes").isLessThan(2_000_000);
        assertThat(threads()).isEqualTo(threads);
    }

    private void change(Random random, int[] rejected) throws Exception {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> deployments.deploy(copy("counting-1.0." + random.nextInt(4) + ".jar", "c.jar"));
            case 4 -> deployments.deploy(copy("second.jar", "s.jar"));
            case 5, 6 -> {
                List<String> bad = List.of("text.jar", "half.jar", "unresolvable.jar", "unmade.jar", "nohook.jar",
                        "system.jar", "two-bad.jar");
                String file = bad.get(random.nextInt(bad.size()));
                // Over a good one where it has its name: what was there stays.
                if (deployments.deploy(copy(file, random.nextBoolean() ? "c.jar" : "b.jar")).state()
                        == State.REJECTED) {
                    rejected[0]++;
                }
            }
            case 7 -> deployments.undeploy(deployments.list().stream().map(Deployments.Deployment::file)
                    .filter(f -> random.nextBoolean()).toList());
            case 8 -> reconfigure(random);
            default -> steer(random);
        }
    }

    private void reconfigure(Random random) throws Exception {
        Path file = Path.of(System.getProperty("hookline.conf"), "CountingHook.cfg");
        if (random.nextInt(4) == 0) {
            Files.deleteIfExists(file);
        } else {
            Files.writeString(file, "level = " + (35 + random.nextInt(20)) + "\n");
        }
    }

    private void steer(Random random) {
        try {
            if (random.nextBoolean()) {
                control.level("CountingHook", Integer.toString(35 + random.nextInt(20)));
            } else {
                control.enable("CountingHook", false);
                control.enable("CountingHook", true);
            }
        } catch (UserError e) {
            // It is not there at this moment, or there is no run yet.
            assertThat(e.getMessage()).containsAnyOf("there is no hook", "no run is going on");
        }
    }
}
