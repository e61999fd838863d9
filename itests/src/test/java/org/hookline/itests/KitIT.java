// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What somebody has who writes a hook: the guide, the example, new-hook, the archetype and the distribution alone. */
@Timeout(240)
class KitIT {
    private static final Path ROOT = Path.of(System.getProperty("hookline.root"));
    private static final Path EXAMPLE = ROOT.resolve("examples/my-hook");
    private static final Pattern HOME_IN_POM = Pattern.compile("<hookline.home>.*</hookline.home>");

    @TempDir
    Path work;

    private ProcessBuilder process(Path folder, String... line) {
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(work.resolve("out.txt").toFile());
        // What the build sets for its own tests is not what a user has.
        builder.environment().keySet().removeIf(
                k -> k.startsWith("PYTORCH_") || k.startsWith("DJL_") || k.startsWith("MAVEN_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("HOOKLINE_DATA", work.resolve("user").toString());
        return builder;
    }

    private String run(Path folder, String... line) throws IOException, InterruptedException {
        return outcome(process(folder, line));
    }

    private String outcome(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        try {
            assertThat(process.waitFor(200, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String out = Files.readString(work.resolve("out.txt"));
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }

    private String hookline(String... arguments) throws IOException, InterruptedException {
        return run(work, Stream.concat(Stream.of(Distribution.HOME.resolve("bin/hookline").toString()),
                Stream.of(arguments)).toArray(String[]::new));
    }

    /** Maven as the user calls it; Hookline's own artifacts can come from the distribution only. */
    private String maven(Path project, String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(System.getProperty("maven.home") + "/bin/mvn", "-B", "-ntp",
                "-Dmaven.repo.local=" + repository()));
        line.addAll(List.of(arguments));
        return run(project, line.toArray(String[]::new));
    }

    /** The local repository of this build, without what the build itself has put there. */
    private Path repository() throws IOException {
        Path repository = work.resolve("repository");
        if (!Files.exists(repository)) {
            Path local = Path.of(System.getProperty("hookline.m2"));
            link(local, repository, "org");
            link(local.resolve("org"), repository.resolve("org"), "hookline");
        }
        return repository;
    }

    private static void link(Path from, Path to, String except) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (Files.isDirectory(entry) && !entry.getFileName().toString().equals(except)) {
                    Files.createSymbolicLink(to.resolve(entry.getFileName()), entry.toRealPath());
                }
            }
        }
    }

    private static Map<String, String> files(Path project) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(project)) {
            for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                String place = project.relativize(file).toString();
                if (!place.startsWith("target")) {
                    files.put(place, Files.readString(file));
                }
            }
        }
        return files;
    }

    @Test
    void aNewHookIsMadeBuiltTestedInAContainerAndDeployedIntoARunThatGoesOn() throws Exception {
        hookline("new-hook", "LossSpike", "--package", "com.acme.spike");
        Path project = work.resolve("loss-spike");
        String built = maven(project, "verify");
        assertThat(built).contains("Tests run: 3, Failures: 0", "com.acme.spike.LossSpikeIT");

        Path deploy = Files.createDirectories(work.resolve("user/deploy"));
        Process train = process(work, Distribution.HOME.resolve("bin/hookline").toString(), "train",
                "train.epochs=100000", "name=live").start();
        try {
            Path latest = work.resolve("output/live/latest");
            await(latest.resolve("events.jsonl"), "\"event\":\"evaluation\"");
            Files.copy(project.resolve("target/loss-spike-1.0.0.jar"), deploy.resolve("loss-spike.jar"));
            await(latest.resolve("events.jsonl"), "\"event\":\"hook_added\"");
            // The value of the hook reaches the writers of the run.
            await(latest.resolve("training_status.jsonl"), "\"weight_norm\"");
        } finally {
            train.destroy();
            assertThat(train.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Files.readString(work.resolve("out.txt")))
                .containsPattern("iteration \\d+: \\+ LossSpike 1\\.0\\.0 \\(level 40");
    }

    private static void await(Path file, String text) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!(Files.exists(file) && Files.readString(file).contains(text))) {
            assertThat(System.nanoTime()).as("waiting for " + text + " in " + file).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    @Test
    void theExampleIsBuiltAndTestedWithTheDistributionAlone() throws Exception {
        Path copy = copy(EXAMPLE);
        String built = maven(copy, "-Dhookline.home=" + Distribution.HOME, "verify");
        assertThat(built).contains("Tests run: 5, Failures: 0", "Tests run: 2, Failures: 0",
                "com.example.myhook.MyHookIT");
    }

    private Path copy(Path example) throws IOException {
        Path copy = work.resolve(example.getFileName().toString());
        for (Map.Entry<String, String> file : files(example).entrySet()) {
            Path to = copy.resolve(file.getKey());
            Files.createDirectories(to.getParent());
            Files.writeString(to, file.getValue());
        }
        return copy;
    }

    @Test
    void aProgramTrainsTheSameOnTheClassPathAndOnTheModulePathWithoutOsgi() throws Exception {
        Path program = copy(ROOT.resolve("examples/library"));
        maven(program, "-Dhookline.home=" + Distribution.HOME, "package");
        try (Stream<Path> jars = Files.list(program.resolve("target/lib"))) {
            assertThat(jars.map(j -> j.getFileName().toString()))
                    .noneMatch(j -> j.startsWith("org.apache.felix") || j.startsWith("osgi.core"))
                    .anyMatch(j -> j.startsWith("org.hookline.hook.optimizer"));
        }

        String onClassPath = java(program, "--enable-native-access=ALL-UNNAMED", "-cp", "target/*:target/lib/*",
                "com.example.library.TrainDigits", "digits.yaml");
        String onModulePath = java(program,
                "--enable-native-access=ai.djl.pytorch_engine,org.hookline.torch,com.sun.jna",
                "-p", "target/train-digits-1.0.0.jar:target/lib", "--add-modules", "ALL-MODULE-PATH",
                "-m", "com.example.library/com.example.library.TrainDigits", "digits.yaml");

        assertThat(onClassPath).contains("unnamed module", "after 135 iterations");
        assertThat(onModulePath).contains("module com.example.library, module org.hookline.library: accuracy 0.9");
        assertThat(losses(onModulePath)).hasSize(3).isEqualTo(losses(onClassPath));
        assertThat(onClassPath + onModulePath).doesNotContain("WARNING: A restricted method");
    }

    private String java(Path folder, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = process(folder, Stream.concat(
                Stream.of(System.getProperty("java.home") + "/bin/java"), Stream.of(arguments)).toArray(String[]::new));
        builder.environment().putAll(Map.of("PYTORCH_FLAVOR", "cpu", "PYTORCH_VERSION", "2.7.1", "DJL_OFFLINE", "true",
                "OPT_OUT_TRACKING", "true", "DJL_CACHE_DIR", work.resolve("djl").toString(),
                "PYTORCH_LIBRARY_PATH", Distribution.HOME.resolve("lib/native/cpu").toString()));
        return outcome(builder);
    }

    private static List<String> losses(String out) {
        return out.lines().filter(l -> l.startsWith("loss of epoch")).toList();
    }

    @Test
    void newHookAndTheArchetypeMakeTheSameAndTheExampleHasItsPom() throws Exception {
        hookline("new-hook", "MyHook");
        Map<String, String> made = files(work.resolve("my-hook"));
        made.replaceAll((place, text) -> text.replace(Distribution.HOME.toString(), "/opt/hookline"));
        Path generated = ROOT.resolve("archetype/target/test-classes/projects/my-hook/project/my-hook");
        assertThat(made).hasSizeGreaterThan(5).isEqualTo(files(generated));

        assertThat(HOME_IN_POM.matcher(Files.readString(EXAMPLE.resolve("pom.xml"))).replaceFirst("HOME"))
                .isEqualTo(HOME_IN_POM.matcher(made.get("pom.xml")).replaceFirst("HOME"));
    }

    @Test
    void theCodeOfTheGuideIsThatOfTheExampleAndOfTheTemplate() throws Exception {
        String guide = Files.readString(ROOT.resolve("docs/writing-a-hook.md"));
        String sources = String.join("\n", files(EXAMPLE).values()) + String.join("\n",
                files(ROOT.resolve("archetype/target/test-classes/projects/my-hook/project/my-hook")).values());
        List<String> blocks = Pattern.compile("```(?:java|xml)\n(.*?)```", Pattern.DOTALL).matcher(guide).results()
                .map((MatchResult m) -> m.group(1)).toList();
        assertThat(blocks).hasSizeGreaterThan(5).allSatisfy(block -> assertThat(unindented(sources))
                .contains(unindented(block)));
    }

    private static String unindented(String text) {
        return text.replaceAll("(?m)^ +", "").replaceAll("\n+", "\n");
    }
}
