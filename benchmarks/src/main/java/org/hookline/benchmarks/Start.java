// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * From {@code bin/hookline train} to the first iteration of the built-in run, in parts: the launcher's own account
 * under {@code --debug}, what the log says of libtorch, and the time stamp of the run's first event.
 */
public final class Start {
    private static final Pattern TIMELINE = Pattern.compile("Started in \\d+ ms: (.*)");
    private static final Pattern PART = Pattern.compile("(\\w+) (\\d+)");
    private static final Pattern LIBTORCH = Pattern.compile("loaded from .* in (\\d+) ms");
    private static final Pattern TIME = Pattern.compile("\"time\":\"([^\"]+)\",\"event\":\"run_start\"");

    private Start() {}

    /**
     * Measures and prints a table.
     *
     * @param args the distribution; how often
     */
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath();
        Map<String, List<Double>> parts = new LinkedHashMap<>();
        int times = Integer.parseInt(args[1]);
        // The first time reads the files from the disk.
        measure(home);
        for (int i = 0; i < times; i++) {
            measure(home).forEach((name, millis) -> parts.computeIfAbsent(name, n -> new ArrayList<>()).add(millis));
        }
        System.out.println("## Start\n");
        System.out.println(Machine.describe() + "\n");
        System.out.printf(
                "From `bin/hookline train --debug runs/digits.yaml` to the first iteration, %d times, files in the"
                + " system's cache.%n%n", times);
        System.out.println("| part | median, ms | least to most |");
        System.out.println("| --- | ---: | --- |");
        parts.forEach((name, millis) -> System.out.printf(Locale.ROOT, "| %s | %.0f | %.0f to %.0f |%n", name,
                Table.median(millis), millis.stream().min(Double::compare).orElseThrow(),
                millis.stream().max(Double::compare).orElseThrow()));
    }

    private static Map<String, Double> measure(Path home) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("hookline-start");
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/hookline").toString(), "train", "--debug",
                "runs/digits.yaml", "train.epochs=1").directory(folder.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD);
        Path user = Files.createDirectory(folder.resolve("user"));
        builder.environment().put("HOOKLINE_DATA", user.toString());
        // The distribution's own, not those of this benchmark.
        List.of("PYTORCH_LIBRARY_PATH", "PYTORCH_FLAVOR", "PYTORCH_VERSION").forEach(builder.environment()::remove);
        Instant begin = Instant.now();
        int code = builder.start().waitFor();
        if (code != 0) {
            throw new IOException("bin/hookline train ended with " + code + "; see " + user.resolve("logs"));
        }
        String log = Files.readString(user.resolve("logs/hookline.log"));
        Map<String, Double> parts = new LinkedHashMap<>();
        double known = 0;
        Matcher part = PART.matcher(find(TIMELINE, log));
        while (part.find()) {
            parts.put(part.group(1), Double.valueOf(part.group(2)));
            known += Double.parseDouble(part.group(2));
        }
        double libtorch = Double.parseDouble(find(LIBTORCH, log));
        Instant run = Instant.parse(find(TIME, events(folder)));
        double all = (run.toEpochMilli() - begin.toEpochMilli());
        parts.put("libtorch", libtorch);
        parts.put("the rest: shell, run file, data, model", all - known - libtorch);
        parts.put("**all**", all);
        return parts;
    }

    private static String events(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("output"))) {
            Optional<Path> file = files.filter(f -> f.endsWith("events.jsonl")).findFirst();
            return Files.readString(file.orElseThrow(() -> new IOException("no events.jsonl in " + folder)));
        }
    }

    private static String find(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("nothing like '" + pattern + "' was said");
        }
        return matcher.group(1);
    }
}
