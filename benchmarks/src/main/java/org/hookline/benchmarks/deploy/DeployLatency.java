// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a hook that is dropped into a running training takes to be called, and how long the loop waits for it. Starts the
 * assembled distribution, renames a jar into {@code deploy/}, deletes it, replaces it by a new version, and reads what the run
 * writes to {@code events.jsonl}.
 */
public final class DeployLatency {
    private static final long PATIENCE_MICROS = TimeUnit.SECONDS.toMicros(20);
    private static final Pattern PAUSE = Pattern.compile("\"event\":\"(hook_[a-z]+)\".*\"pause_ms\":([0-9.E-]+)");

    private final Path work;
    private final Path deploy;
    private final Path first;

    private DeployLatency(Path work) throws IOException {
        this.work = work;
        this.deploy = Files.createDirectories(work.resolve("user/deploy"));
        this.first = work.resolve("first");
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
                "train.epochs=10000000", "hooks.EvaluateHook=false", "name=latency", "--output",
                work.resolve("output").toString()).redirectErrorStream(true)
                .redirectOutput(work.resolve("train.log").toFile());
        builder.environment().put("HOOKLINE_DATA", work.resolve("user").toString());
        builder.environment().put("HOOKLINE_OPTS", "-Dprobe.file=" + first);
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
            // The virtual machine compiles what a training iteration and a deployment need.
            TimeUnit.SECONDS.sleep(5);
            List<Double> added = new ArrayList<>();
            List<Double> replaced = new ArrayList<>();
            int warmUp = 5;
            int version = 0;
            for (int i = 0; i < times + warmUp; i++) {
                added.add(drop(version++));
                replaced.add(drop(version++));
                Files.delete(deploy.resolve("probe.jar"));
                // Not in step with anything.
                TimeUnit.MILLISECONDS.sleep(400 + 17L * (i % 13));
            }
            process.destroy();
            process.waitFor(20, TimeUnit.SECONDS);
            report(events, added.subList(warmUp, added.size()), replaced.subList(warmUp, replaced.size()), 3 * warmUp);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Renames a jar into the folder and waits for the first iteration with its hook; in milliseconds. */
    private double drop(int version) throws Exception {
        Path jar = work.resolve("probe.tmp");
        build(jar, "1.0." + version);
        Files.deleteIfExists(first);
        long start = now();
        Files.move(jar, deploy.resolve("probe.jar"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        while (!Files.exists(first)) {
            if (now() > start + PATIENCE_MICROS) {
                throw new IllegalStateException("the hook is not called; see " + work.resolve("train.log"));
            }
            TimeUnit.MICROSECONDS.sleep(500);
        }
        double latency = (Long.parseLong(Files.readString(first)) - start) / 1e3;
        TimeUnit.MILLISECONDS.sleep(150 + version * 7L % 61);
        return latency;
    }

    private static void build(Path jar, String version) throws IOException {
        String headers = """
                Manifest-Version: 1.0
                Bundle-ManifestVersion: 2
                Bundle-SymbolicName: benchmark.probe
                Bundle-Version: %s
                Import-Package: org.hookline.api;version="[1,2)"
                Service-Component: OSGI-INF/probe.xml
                """.formatted(version);
        Manifest manifest = new Manifest(new java.io.ByteArrayInputStream(headers.getBytes(StandardCharsets.UTF_8)));
        String component = """
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="ProbeHook">
                  <property name="level" value="LOW"/>
                  <service><provide interface="org.hookline.api.Hook"/></service>
                  <implementation class="%s"/>
                </scr:component>
                """.formatted(ProbeHook.class.getName());
        String path = ProbeHook.class.getName().replace('.', '/') + ".class";
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
        System.out.printf(Locale.ROOT, "%d of each while a run goes on at %.2f ms an iteration%n%n", added.size(), iteration);
        System.out.println("| | median, ms | maximum, ms |\n| --- | ---: | ---: |");
        row("rename into deploy/ to the first iteration, a new hook", added);
        row("rename into deploy/ to the first iteration, a new version", replaced);
        row("the loop waits at a boundary for one change", pauses.subList(Math.min(skip, pauses.size() - 1), pauses.size()));
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
