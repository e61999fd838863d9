// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.Hook;
import org.hookline.benchmarks.Machine;

/**
 * How long a hook that is dropped into a running training takes to be called, and how long the loop waits for it.
 * Starts the assembled distribution, renames a jar into {@code deploy/}, deletes it, replaces it by a new version, and
 * reads what the run writes to {@code events.jsonl}.
 */
public final class DeployLatency {
    private static final long PATIENCE_MICROS = TimeUnit.SECONDS.toMicros(20);
    private static final int TURN = 10;
    private static final long FIRST_TURN_MICROS = TimeUnit.SECONDS.toMicros(10);
    private static final Pattern PAUSE = Pattern.compile("\"event\":\"(hook_[a-z]+)\".*\"pause_ms\":([0-9.E-]+)");

    private final Path work;
    private final Path deploy;
    private final Path first;
    private final Path gauge;

    private DeployLatency(Path work) throws IOException {
        this.work = work;
        this.deploy = Files.createDirectories(work.resolve("user/deploy"));
        this.first = work.resolve("first");
        this.gauge = work.resolve("gauge");
    }

    /**
     * Measures.
     *
     * @param arguments the distribution's folder, a folder for files, and how often
     * @throws Exception if the training does not go on
     */
    public static void main(String[] arguments) throws Exception {
        new DeployLatency(Path.of(arguments[1])).measure(Path.of(arguments[0]), Integer.parseInt(arguments[2]));
    }

    private static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    private void measure(Path home, int times) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/hookline").toString(), "train",
                "train.epochs=10000000", "hooks.EvaluateHook=false", "hooks.CheckPointHook=false", "name=latency",
                "--output", work.resolve("output").toString()).redirectErrorStream(true)
                .redirectOutput(work.resolve("train.log").toFile());
        builder.environment().put("HOOKLINE_DATA", work.resolve("user").toString());
        builder.environment().put("HOOKLINE_OPTS", "-Dprobe.file=" + first + " -Dgauge.file=" + gauge);
        build(deploy.resolve("gauge.jar"), "1.0.0", GaugeHook.class, "HIGHEST");
        builder.environment().keySet().removeIf(k -> k.startsWith("PYTORCH_") || k.startsWith("DJL_"));
        Process process = builder.start();
        try {
            Path events = work.resolve("output/latency/latest/events.jsonl");
            long end = now() + PATIENCE_MICROS;
            while (!Files.exists(events)) {
                if (now() > end || !process.isAlive()) {
                    throw new IllegalStateException("the training does not start: " + work.resolve("train.log"));
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
            int warmUp = 5;
            for (int i = 0; i < 2 * (times + warmUp); i++) {
                build(jar(i), "1.0." + i, ProbeHook.class, "LOW");
                // The scanner knows a file by its name, size and time.
                Files.setLastModifiedTime(jar(i), FileTime.from(Instant.now().plusMillis(10L * i)));
            }
            // The virtual machine compiles what a training iteration and a deployment need.
            TimeUnit.SECONDS.sleep(5);
            List<Double> added = new ArrayList<>();
            List<Double> replaced = new ArrayList<>();
            int version = 0;
            List<long[]> busy = new ArrayList<>();
            List<long[]> quiet = new ArrayList<>();
            for (int i = 0; i < times + warmUp; i++) {
                if (i >= warmUp && (i - warmUp) % TURN == 0) {
                    // As long without deployments as with them, in turn.
                    long from = now();
                    TimeUnit.MICROSECONDS.sleep(i == warmUp ? FIRST_TURN_MICROS : busy.getLast()[1]
                            - busy.getLast()[0]);
                    quiet.add(new long[] {from, now()});
                    busy.add(new long[] {now(), 0});
                }
                added.add(drop(version++));
                replaced.add(drop(version++));
                Files.delete(deploy.resolve("probe.jar"));
                // Not in step with anything.
                TimeUnit.MILLISECONDS.sleep(400 + 17L * (i % 13));
                if (!busy.isEmpty()) {
                    busy.getLast()[1] = now();
                }
            }
            process.destroy();
            process.waitFor(20, TimeUnit.SECONDS);
            report(events, added.subList(warmUp, added.size()), replaced.subList(warmUp, replaced.size()), 3 * warmUp);
            List<Gap> gaps = Files.readAllLines(gauge).stream().map(Gap::of).toList();
            System.out.printf(Locale.ROOT, "%n%d times as long with deployments as without, in turn, in the same "
                    + "run:%n%n", busy.size());
            System.out.println("| time from the beginning of an iteration to that of the next | seconds | longest, ms "
                    + "| above 2 ms | above 1 ms | longest without the wait for a core, ms | above 2 ms "
                    + "| median, ms |\n"
                    + "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
            Set<Long> changed = changes(events);
            compare("with deployments: those at whose beginning a change was made", gaps, busy,
                    g -> changed.contains(g.iteration()));
            compare("with deployments: all others", gaps, busy, g -> !changed.contains(g.iteration()));
            compare("without", gaps, quiet, g -> true);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Renames a jar into the folder and waits for the first iteration with its hook; in milliseconds. */
    private double drop(int version) throws Exception {
        Path jar = jar(version);
        Files.deleteIfExists(first);
        long start = now();
        Files.move(jar, deploy.resolve("probe.jar"), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        while (!Files.exists(first)) {
            if (now() > start + PATIENCE_MICROS) {
                throw new IllegalStateException("the hook is not called; see " + work.resolve("train.log"));
            }
            // Seldom: this process takes time from the training, and the file says when.
            TimeUnit.MILLISECONDS.sleep(10);
        }
        double latency = (Long.parseLong(Files.readString(first)) - start) / 1e3;
        TimeUnit.MILLISECONDS.sleep(150 + version * 7L % 61);
        return latency;
    }

    private Path jar(int version) {
        return work.resolve("probe-" + version + ".tmp");
    }

    private static void build(Path jar, String version, Class<? extends Hook> hook, String level) throws IOException {
        String headers = """
                Manifest-Version: 1.0
                Bundle-ManifestVersion: 2
                Bundle-SymbolicName: benchmark.%s
                Bundle-Version: %s
                Import-Package: org.hookline.api;version="[1,2)"
                Service-Component: OSGI-INF/probe.xml
                """.formatted(hook.getSimpleName().toLowerCase(Locale.ROOT), version);
        Manifest manifest = new Manifest(new java.io.ByteArrayInputStream(headers.getBytes(StandardCharsets.UTF_8)));
        String component = """
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="%s">
                  <property name="level" value="%s"/>
                  <service><provide interface="org.hookline.api.Hook"/></service>
                  <implementation class="%s"/>
                </scr:component>
                """.formatted(hook.getSimpleName(), level, hook.getName());
        String path = hook.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream code = DeployLatency.class.getClassLoader().getResourceAsStream(path)) {
            out.putNextEntry(new JarEntry("OSGI-INF/probe.xml"));
            out.write(component.getBytes(StandardCharsets.UTF_8));
            out.putNextEntry(new JarEntry(path));
            code.transferTo(out);
        }
    }

    private static void report(Path events, List<Double> added, List<Double> replaced, int skip) throws IOException {
        List<Double> pauses = new ArrayList<>();
        double iteration = 0;
        for (String line : Files.readAllLines(events)) {
            Matcher pause = PAUSE.matcher(line);
            if (pause.find()) {
                pauses.add(Double.parseDouble(pause.group(2)));
            }
            if (line.contains("\"event\":\"run_end\"")) {
                iteration = 1e3 * number(line, "seconds") / number(line, "iteration");
            }
        }
        System.out.println("## Hot deployment\n");
        System.out.println(Machine.describe() + "\n");
        System.out.printf(Locale.ROOT, "%d of each while a run goes on at %.2f ms an iteration%n%n", added.size(),
                iteration);
        System.out.println("| | median, ms | maximum, ms |\n| --- | ---: | ---: |");
        row("rename into deploy/ to the first iteration, a new hook", added);
        row("rename into deploy/ to the first iteration, a new version", replaced);
        row("the engine's work at the boundary for one change (pause_ms)",
                pauses.subList(Math.min(skip, pauses.size() - 1), pauses.size()));
    }

    /** An iteration that lasted, and how long the training thread waited for a core in it; milliseconds. */
    private record Gap(long at, long iteration, double millis, double core) {
        static Gap of(String line) {
            String[] fields = line.split(" ");
            return new Gap(Long.parseLong(fields[0]), Long.parseLong(fields[1]), Double.parseDouble(fields[2]),
                    Double.parseDouble(fields[3]));
        }

        /** It ran, or waited for something else: a lock, a garbage collection, the disk, other threads of libtorch. */
        double rest() {
            return Math.max(0, millis - core);
        }
    }

    /** The iterations at whose beginning hooks came, changed or went. */
    private static Set<Long> changes(Path events) throws IOException {
        Set<Long> iterations = new HashSet<>();
        for (String line : Files.readAllLines(events)) {
            if (PAUSE.matcher(line).find()) {
                iterations.add((long) number(line, "iteration"));
            }
        }
        return iterations;
    }

    private static void compare(String what, List<Gap> gaps, List<long[]> windows, Predicate<Gap> which) {
        List<Gap> inside = gaps.stream().filter(which)
                .filter(g -> windows.stream().anyMatch(w -> g.at() >= w[0] && g.at() < w[1]))
                .sorted(Comparator.comparingDouble(Gap::millis)).toList();
        List<Double> rests = inside.stream().map(Gap::rest).sorted().toList();
        System.out.printf(Locale.ROOT, "| %s | %.0f | %.2f | %d | %d | %.2f | %d | %.2f |%n", what,
                windows.stream().mapToLong(w -> w[1] - w[0]).sum() / 1e6,
                inside.isEmpty() ? 0 : inside.getLast().millis(),
                inside.stream().filter(g -> g.millis() > 2).count(),
                inside.stream().filter(g -> g.millis() > 1).count(), rests.isEmpty() ? 0 : rests.getLast(),
                rests.stream().filter(r -> r > 2).count(), rests.isEmpty() ? 0 : rests.get(rests.size() / 2));
    }

    private static double number(String line, String key) {
        Matcher m = Pattern.compile("\"" + key + "\":([0-9.E-]+)").matcher(line);
        return m.find() ? Double.parseDouble(m.group(1)) : Double.NaN;
    }

    private static void row(String what, List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        sorted.sort(null);
        System.out.printf(Locale.ROOT, "| %s | %.2f | %.2f |%n", what, sorted.get(sorted.size() / 2), sorted.getLast());
    }
}
