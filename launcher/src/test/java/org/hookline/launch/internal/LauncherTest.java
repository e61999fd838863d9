// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher as a process of its own, with a home of one bundle. */
@Timeout(60)
class LauncherTest {
    @TempDir
    Path home;

    private record Result(int code, String out, String err) {}

    @BeforeEach
    void writeHome() throws IOException {
        write("features/test.json", """
                { "feature-resource-version": "1.0", "id": "org.hookline:test:1.0.0",
                  "bundles": [ { "id": "org.hookline:test:1.0.0", "bundleStartLevel": 5 } ] }""");
        write("conf/logback.xml", """
                <configuration>
                  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
                    <file>${hookline.logs}/hookline.log</file>
                    <encoder><pattern>%level %logger %msg%n</pattern></encoder>
                  </appender>
                  <root level="INFO"><appender-ref ref="FILE"/></root>
                </configuration>""");
        TestBundle.write(
                home.resolve("repository/org/hookline/test/1.0.0/test-1.0.0.jar"),
                "test",
                Map.of(
                        "Import-Package", "org.osgi.framework,org.hookline.launch;version=\"[1.0,2)\"",
                        "Bundle-Activator", TestCommand.class.getName()),
                TestCommand.class,
                UserError.class);
    }

    private void write(String file, String text) throws IOException {
        Path path = home.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private Process start(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dhookline.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                "org.hookline.launch.Main"));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(home.resolve("stderr").toFile());
        // A library that is named from outside would hide that none is there.
        builder.environment().remove("PYTORCH_LIBRARY_PATH");
        builder.environment().remove("PYTORCH_FLAVOR");
        return builder.start();
    }

    private Result finish(Process process) throws Exception {
        // Killed where it does not end: the reading below would wait for ever.
        CompletableFuture<Process> ended = process.onExit().orTimeout(50, TimeUnit.SECONDS)
                .whenComplete((p, late) -> process.destroyForcibly());
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        ended.get();
        return new Result(process.exitValue(), out, Files.readString(home.resolve("stderr")));
    }

    private Result run(String... arguments) throws Exception {
        return finish(start(arguments));
    }

    @Test
    void theCommandsExitCodeIsTheProcesssAndNothingIsLeftBehind() throws Exception {
        Result result = run("check", "code", "7");

        assertThat(result.code()).isEqualTo(7);
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).last().isEqualTo("stopped");
        assertThat(result.out()).contains("tmp " + home.resolve("data/cache"));
        try (Stream<Path> left = Files.list(home.resolve("data/cache"))) {
            assertThat(left.filter(Files::isDirectory)).isEmpty();
        }
    }

    @Test
    void aUsersMistakeIsOneLineAndExitCode2() throws Exception {
        Result result = run("check", "mistake");

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).isEqualTo("hookline: run.yaml:3: no such hook\n");
        assertThat(home.resolve("logs/hookline.log")).content().contains("UserError").contains("\tat ");
    }

    @Test
    void anythingElseIsOneLineAndExitCode1AndOnlyDebugShowsTheTrace() throws Exception {
        Result result = run("check", "failure");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("hookline: broken (IllegalArgumentException)\n");

        Result debug = run("check", "--debug", "failure");
        assertThat(debug.code()).isEqualTo(1);
        assertThat(debug.err())
                .containsPattern("hookline: started in \\d+ ms: ")
                .contains("hookline: broken (IllegalArgumentException)\njava.lang.IllegalArgumentException: "
                        + "broken\n\tat ");
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143"})
    void aSignalAsksTheCommandToEnd(String signal, int code) throws Exception {
        Process process = start("check", "loop");
        awaitRunning(process);

        send(process, signal);

        Result result = finish(process);
        assertThat(result.code()).isEqualTo(code);
        assertThat(result.out().lines()).containsExactly("asked by SIG" + signal, "ended by a signal", "stopped");
    }

    @Test
    void whatHangsIsHaltedWithin5Seconds() throws Exception {
        Process process = start("check", "hang");
        awaitRunning(process);
        Instant sent = Instant.now();

        send(process, "TERM");

        Result result = finish(process);
        assertThat(Duration.between(sent, Instant.now())).isLessThan(Duration.ofSeconds(5));
        assertThat(result.code()).isEqualTo(143);
        assertThat(result.err()).contains("did not end within 4.5 s");
    }

    @Test
    void theSecondSignalHaltsAtOnce() throws Exception {
        Process process = start("check", "hang");
        BufferedReader out = awaitRunning(process);
        Instant sent = Instant.now();

        send(process, "INT");
        assertThat(out.readLine()).isEqualTo("asked by SIGINT");
        send(process, "INT");

        assertThat(process.waitFor(2, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(Duration.between(sent, Instant.now())).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void aBundleThatDoesNotResolveIsExplained() throws Exception {
        TestBundle.write(
                home.resolve("repository/org/hookline/test/1.0.0/test-1.0.0.jar"),
                "test",
                Map.of("Import-Package", "not.there;version=\"[1.0,2)\""));

        Result result = run("check", "code", "0");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("hookline: bundle test 1.0.0 needs package not.there [1.0,2): nobody exports it\n");
    }

    @Test
    void aBundleThatIsMissingIsNamed() throws Exception {
        Files.delete(home.resolve("repository/org/hookline/test/1.0.0/test-1.0.0.jar"));

        Result result = run("check", "code", "0");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("lacks org.hookline:test:1.0.0 of test.json");
    }

    @Test
    void unknownCommandsAndAMissingLibraryNeedNoFramework() throws Exception {
        Result unknown = run("trian");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).startsWith("hookline: unknown command 'trian': did you mean 'train'?");

        Result train = run("train");
        assertThat(train.code()).isEqualTo(2);
        assertThat(train.err())
                .startsWith("hookline: the native library is missing: expected " + home.resolve("lib/native/cpu"))
                .hasLineCount(1);
        assertThat(home.resolve("data")).doesNotExist();
    }

    private static BufferedReader awaitRunning(Process process) throws IOException {
        BufferedReader out = process.inputReader();
        String line = out.readLine();
        while (line != null && !line.equals("running")) {
            line = out.readLine();
        }
        assertThat(line).isEqualTo("running");
        return out;
    }

    private static void send(Process process, String signal) throws Exception {
        if (signal.equals("INT") && ignoresInterrupts(process)) {
            process.destroyForcibly();
            abort("SIGINT is ignored, by who started the tests");
        }
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor())
                .isZero();
    }

    /** A shell without job control has what it starts in the background ignore SIGINT, and so do its descendants. */
    private static boolean ignoresInterrupts(Process process) throws IOException {
        Path status = Path.of("/proc", "" + process.pid(), "status");
        return Files.isReadable(status) && Files.readAllLines(status).stream().filter(l -> l.startsWith("SigIgn:"))
                .anyMatch(l -> (Long.parseUnsignedLong(l.substring(7).strip(), 16) & 2) != 0);
    }
}
