// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hookline.testing.HookJar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The assembled distribution as a user has it: processes, exit codes, lines and files. */
@Timeout(120)
class DistributionIT {
    @TempDir
    Path work;

    private record Outcome(int code, String out, String err) {}

    private ProcessBuilder command(String... arguments) {
        List<String> line = new ArrayList<>(List.of(Distribution.HOME.resolve("bin/hookline").toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(work.toFile())
                .redirectOutput(work.resolve("out.txt").toFile()).redirectError(work.resolve("err.txt").toFile());
        // What the build sets for tests outside the distribution is not what a user has.
        builder.environment().keySet().removeIf(k -> k.startsWith("PYTORCH_") || k.startsWith("DJL_"));
        return builder;
    }

    private Outcome hookline(String... arguments) throws IOException, InterruptedException {
        return outcome(command(arguments).start());
    }

    private Outcome outcome(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), Files.readString(work.resolve("out.txt"), StandardCharsets.UTF_8),
                Files.readString(work.resolve("err.txt"), StandardCharsets.UTF_8));
    }

    private void mistake(String expected, String... arguments) throws IOException, InterruptedException {
        Outcome outcome = hookline(arguments);
        assertThat(outcome.code()).as(outcome.out() + outcome.err()).isEqualTo(2);
        assertThat(outcome.out() + outcome.err()).contains(expected).doesNotContain("\tat ");
    }

    private static String accuracy(String out) {
        return out.lines().filter(l -> l.startsWith("test ")).reduce((a, b) -> b).orElseThrow();
    }

    @Test
    void theBuiltInRunReachesItsAccuracyTheSameTwiceAndWritesWhereItSays() throws Exception {
        Outcome first = hookline("train");
        Outcome second = hookline("train");
        assertThat(first.code()).as(first.out() + first.err()).isZero();
        String line = accuracy(first.out());
        assertThat(Double.parseDouble(line.replaceAll(".*accuracy ([0-9.]+).*", "$1"))).isGreaterThanOrEqualTo(0.96);
        assertThat(accuracy(second.out())).isEqualTo(line);
        assertThat(first.out()).contains("PyTorch").contains("OptimizerHook").contains("20 HIGH");
        try (Stream<Path> entries = Files.list(work)) {
            assertThat(entries.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("output", "out.txt", "err.txt");
        }
        Path latest = work.resolve("output/digits-mlp/latest");
        assertThat(Files.readAllLines(latest.resolve("events.jsonl")).getLast()).contains("\"outcome\":\"completed\"");
        assertThat(latest.resolve("effective.yaml")).exists();
    }

    @Test
    void theUsersMistakesAreOneClearLineAndExitCode2() throws Exception {
        String base = "base: ['" + Distribution.HOME.resolve("runs/digits.yaml") + "']\n";
        Files.writeString(work.resolve("syntax.yaml"), "name: [\n");
        Files.writeString(work.resolve("key.yaml"), base + "acumulate: 2\n");
        Files.writeString(work.resolve("hook.yaml"), base + "custom_hooks: [{type: EMAHoock}]\n");
        Files.writeString(work.resolve("level.yaml"), base + "hooks: {EvaluateHook: {level: highish}}\n");
        mistake("syntax.yaml:", "train", "syntax.yaml");
        mistake("key.yaml:2", "train", "key.yaml");
        mistake("did you mean 'accumulate'", "train", "key.yaml");
        mistake("EMAHoock", "train", "hook.yaml");
        mistake("highish", "train", "level.yaml");
        mistake("/no/such/folder", "train", "runs/fashion-mnist-lenet.yaml", "data.folder=/no/such/folder");
        mistake("gpu:0", "train", "--device", "gpu:0");
        mistake("trian", "trian");
        mistake("/proc/nothing", "train", "--output", "/proc/nothing");
    }

    @Test
    void checkSaysWhetherARunFileIsRight() throws Exception {
        assertThat(hookline("check", "runs/digits.yaml").code()).isZero();
    }

    @Test
    void doctorSaysWhetherTheMachineCanTrain() throws Exception {
        Outcome outcome = hookline("doctor");
        assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
        assertThat(outcome.out()).contains("libtorch", "fused_adamw", "This machine can train.");
    }

    /** The shipped libraries as a person's own: without DJL's native layer beside them. */
    private Path libtorch(String build) throws IOException {
        Path torch = work.resolve("torch-" + build);
        Path lib = Files.createDirectories(torch.resolve("lib"));
        try (Stream<Path> files = Files.list(Distribution.HOME.resolve("lib/native/cpu"))) {
            for (Path file : (Iterable<Path>) files.filter(f -> !f.toString().contains("djl"))::iterator) {
                Files.createSymbolicLink(lib.resolve(file.getFileName()), file);
            }
        }
        Files.writeString(torch.resolve("build-version"), build + "\n");
        return torch;
    }

    private Outcome withTorch(Path home, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = command(arguments);
        builder.environment().put("HOOKLINE_TORCH_HOME", home.toString());
        return outcome(builder.start());
    }

    @Test
    void aLibtorchOfOnesOwnIsTakenIfItFits() throws Exception {
        Outcome fits = withTorch(libtorch("2.7.1+cpu"), "train", "train.epochs=1");
        assertThat(fits.code()).as(fits.out() + fits.err()).isZero();
        Outcome other = withTorch(libtorch("2.10.0+cpu"), "train");
        assertThat(other.code()).as(other.out() + other.err()).isEqualTo(2);
        assertThat(other.out() + other.err()).contains("libtorch 2.10.0 (cpu)", "does not fit").doesNotContain("\tat ");
        Outcome doctor = withTorch(work.resolve("torch-2.10.0+cpu"), "doctor");
        assertThat(doctor.code()).isEqualTo(1);
        assertThat(doctor.out()).contains("does not fit", "cannot train");
    }

    @Test
    void theDefaultHooksAreOptimizerScheduleTimerEvaluationCheckpointLoggerInThisOrder() throws Exception {
        for (String precision : List.of("fp32", "bf16")) {
            Outcome outcome = hookline("train", "train.epochs=1", "precision=" + precision,
                    "custom_hooks=[{type: EMAIterHook, level: 30}, {type: StopAtHook, iteration: 1}]");
            assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
            String start = Files.readAllLines(work.resolve("output/digits-mlp/latest/events.jsonl")).stream()
                    .filter(l -> l.contains("\"event\":\"run_start\"")).findFirst().orElseThrow();
            assertThat(Pattern.compile("\"order\":\\d+,\"name\":\"(\\w+)\"").matcher(start).results()
                    .map(r -> r.group(1))).containsExactly(precision.equals("fp32") ? "OptimizerHook"
                            : "Fp16OptimizerHook", "LRSchedulerHook", "IterationTimerHook", "EvaluateHook",
                            "CheckPointHook", "PeriodicLogger", "EMAIterHook", "StopAtHook");
        }
    }

    @Test
    void scheduleDrawsTheLearningRateAndTrainsNothing() throws Exception {
        Outcome outcome = hookline("schedule", "runs/digits.yaml", "train.epochs=4", "--png", "plots/lr.png");
        assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
        assertThat(outcome.out()).contains("digits-mlp: learning rate, cosine")
                .contains("180 steps over 180 iterations; first 0.002000, highest 0.002000, last 1.523e-07");
        assertThat(Files.readAllBytes(work.resolve("plots/lr.png"))).startsWith(0x89, 'P', 'N', 'G');
        assertThat(work.resolve("output")).doesNotExist();
        mistake("did you mean 'cosine'", "schedule", "runs/digits.yaml", "hooks.LRSchedulerHook.schedule=cosin");
    }

    /** The run that is shipped takes Fashion-MNIST, which not every machine has. */
    @Test
    void allHooksTogetherTrainInBothModesAndNoneIsTakenOut() throws Exception {
        for (List<String> mode : List.of(List.of("train.epochs=6"),
                List.of("train.mode=by_iter", "train.iterations=270"))) {
            List<String> line = new ArrayList<>(List.of("train", "runs/everything.yaml",
                    "data={type: digits, batch_size: 32}",
                    "name=all"));
            line.addAll(mode);
            Outcome outcome = hookline(line.toArray(String[]::new));
            assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
            assertThat(Double.parseDouble(accuracy(outcome.out()).replaceAll(".*accuracy ([0-9.]+).*", "$1")))
                    .isGreaterThan(0.7);
            assertThat(outcome.out()).contains("MFLOP for the forward pass of one sample");
            Path run = work.resolve("output/all/latest");
            String end = Files.readAllLines(run.resolve("events.jsonl")).getLast();
            assertThat(end).contains("\"outcome\":\"completed\"")
                    .contains("\"name\":\"LRFinderHook\",\"state\":\"active\"").doesNotContain("quarantined");
            assertThat(List.of("model-summary.txt", "lr-finder/curve.png", "metrics.csv", "training_status.jsonl",
                    "ema/epoch-0006.safetensors")).allSatisfy(file -> assertThat(run.resolve(file)).exists());
            assertThat(Files.readString(run.resolve("metrics.csv"))).contains("throughput/tflops", "memory/heap",
                    "momentum");
        }
    }

    @Test
    void halfPrecisionLearnsWithTheOptimizerHookThatBelongsToIt() throws Exception {
        for (String precision : List.of("fp16", "bf16")) {
            Outcome outcome = hookline("train", "train.epochs=5", "precision=" + precision);
            assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
            assertThat(outcome.out()).contains("Fp16OptimizerHook").doesNotContain(" OptimizerHook");
            double accuracy = Double.parseDouble(accuracy(outcome.out()).replaceAll(".*?accuracy ([0-9.]+).*", "$1"));
            assertThat(accuracy).as(precision).isGreaterThan(0.93);
            assertThat(Files.readString(work.resolve("output/digits-mlp/latest/effective.yaml")))
                    .contains("precision: " + precision).contains("init_scale");
        }
    }

    @Test
    void aTraceIsWrittenAndAHealthyRunHasNoAnomaly() throws Exception {
        Outcome outcome = hookline("train", "train.epochs=1",
                "custom_hooks=[{type: AutogradProfilerHook, iterations: [20]},"
                + " {type: AutogradAnomalyDetectHook, to: 10}]");
        assertThat(outcome.code()).as(outcome.out() + outcome.err()).isZero();
        Path run = work.resolve("output/digits-mlp/latest");
        assertThat(Files.readString(run.resolve("profiler-trace-iter20.json"))).startsWith("{\"displayTimeUnit\"")
                .contains("\"aten::addmm\"").contains("\"OptimizerHook.afterTrainIter\"").endsWith("}");
        assertThat(Files.readAllLines(run.resolve("profiler-trace-iter20.txt")).getFirst()).startsWith("operation");
        assertThat(Files.readString(run.resolve("events.jsonl"))).contains("\"profiler_trace\"");
    }

    @Test
    void anAnomalyFailsTheRunWithTheNameOfTheFunction() throws Exception {
        Outcome outcome = hookline("train", "optimizer={type: sgd, lr: 1.0e20}",
                "custom_hooks=[AutogradAnomalyDetectHook]");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out() + outcome.err()).contains("hookline: OptimizerHook failed in afterTrainIter")
                .contains("Function 'LogSoftmaxBackward0' returned nan values in its 0th output");
        assertThat(Files.readString(Distribution.HOME.resolve("logs/hookline.log")))
                .contains("Error detected in LogSoftmaxBackward0").contains("Traceback of forward call");
    }

    @Test
    void aSignalEndsTheIterationAndTheProcessAndIsRecorded() throws Exception {
        for (String signal : List.of("INT", "TERM")) {
            Process process = command("train", "train.epochs=100000", "name=" + signal).start();
            Path events = work.resolve("output/" + signal + "/latest/events.jsonl");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!(Files.exists(events) && Files.readString(events).contains("\"event\":\"evaluation\""))) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.sleep(50);
            }
            long start = System.nanoTime();
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
            Outcome outcome = outcome(process);
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(outcome.code()).isEqualTo(signal.equals("INT") ? 130 : 143);
            String log = Files.readString(events);
            assertThat(log).contains("\"reason\":\"SIG" + signal + "\"").contains("\"outcome\":\"stopped\"");
        }
    }

    @Test
    void aRunThatGoesOnIsNotTakenUpByAnotherProcess() throws Exception {
        Process process = command("train", "train.epochs=100000", "name=busy").start();
        Path latest = work.resolve("output/busy/latest");
        try {
            await(latest.resolve("events.jsonl"), "\"event\":\"evaluation\"");
            Path said = work.resolve("second.txt");
            Process second = command("train", "--resume", "output/busy/latest").redirectErrorStream(true)
                    .redirectOutput(said.toFile()).start();
            assertThat(second.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(said)).doesNotContain("\tat ")
                    .contains("still goes on, in process " + process.pid() + ": stop it first");
            assertThat(second.exitValue()).isEqualTo(2);
            assertThat(process.isAlive()).isTrue();
        } finally {
            new ProcessBuilder("kill", "-TERM", Long.toString(process.pid())).start().waitFor();
        }
        assertThat(outcome(process).code()).isEqualTo(143);
        assertThat(latest.resolve("run.lock")).doesNotExist();
    }

    @Test
    void aJarCopiedIntoDeployDuringARunIsCalledUntilItIsDeleted() throws Exception {
        Path jar = Distribution.HOME.resolve("deploy/dropped-it.jar");
        HookJar.build(work.resolve("dropped.jar"), "third.party.hook", "1.0.0", "*", DroppedHook.class);
        Process process = command("train", "train.epochs=100000", "name=hot").start();
        try {
            Path events = work.resolve("output/hot/latest/events.jsonl");
            await(events, "\"event\":\"evaluation\"");
            Files.copy(work.resolve("dropped.jar"), jar);
            await(events, "\"event\":\"hook_added\"");
            Files.delete(jar);
            await(events, "\"event\":\"hook_removed\"");
        } finally {
            Files.deleteIfExists(jar);
            new ProcessBuilder("kill", "-TERM", Long.toString(process.pid())).start().waitFor();
        }
        Outcome outcome = outcome(process);
        assertThat(outcome.out()).containsPattern("iteration \\d+: \\+ DroppedHook 1\\.0\\.0 \\(level 40, after ")
                .containsPattern("iteration \\d+: - DroppedHook 1\\.0\\.0");
    }

    @Test
    void commandsInAnotherTerminalSteerTheRunAndMistakesAreOneLine() throws Exception {
        HookJar.build(work.resolve("steered.jar"), "third.party.steered", "1.0.0", "*", DroppedHook.class);
        mistake("no run is going on", "status");
        Process process = new ProcessBuilder(command("train", "train.epochs=100000", "name=steered").command())
                .directory(work.toFile()).redirectOutput(work.resolve("train.txt").toFile()).redirectErrorStream(true)
                .start();
        try {
            Path events = work.resolve("output/steered/latest/events.jsonl");
            await(events, "\"event\":\"evaluation\"");
            String pid = Long.toString(process.pid());
            assertThat(hookline("hooks", "--pid", pid).out()).contains("OptimizerHook", "20 HIGH", "training",
                    "active");
            assertThat(hookline("deploy", "steered.jar", "--pid", pid).out())
                    .contains("deployed third.party.steered 1.0.0");
            assertThat(hookline("level", "DroppedHook", "HIGHEST", "--pid", pid).code()).isZero();
            assertThat(hookline("set", "EvaluateHook", "epoch_period=7", "--pid", pid).code()).isZero();
            assertThat(hookline("set", "OptimizerHook", "grad_clip.max_norm=0.5", "--pid", pid).code()).isZero();
            assertThat(hookline("set", "LRSchedulerHook", "schedule=cosine", "--pid", pid).code()).isZero();
            mistake("grad_clip.max_norm is -1", "set", "OptimizerHook", "grad_clip.max_norm=-1", "--pid", pid);
            mistake("CheckPointHook: folder is checkpoints for the whole run", "set", "CheckPointHook",
                    "folder=elsewhere", "--pid", pid);
            mistake("did you mean 'DroppedHook'?", "disable", "DropedHook", "--pid", pid);
            assertThat(hookline("pause", "--pid", pid).out()).contains("paused after iteration");
            assertThat(hookline("lr", "1e-4", "--pid", pid).out()).contains("-> 1.0E-4 from the next step on");
            assertThat(hookline("status", "--json", "--pid", pid).out()).contains("\"state\":\"paused\"",
                    "\"lr\":1.0E-4");
            assertThat(hookline("resume", "--pid", pid).code()).isZero();
            assertThat(hookline("undeploy", "DroppedHook", "--pid", pid).out())
                    .contains("undeployed third.party.steered");
            assertThat(hookline("stop", "--pid", pid).code()).isZero();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            // The same instances have taken their new parameters.
            assertThat(Files.readString(events)).doesNotContain("hook_replaced").contains("settings_refused",
                    "\"reason\":\"hookline stop\"");
            for (String hook : List.of("EvaluateHook", "OptimizerHook", "LRSchedulerHook")) {
                assertThat(Files.readString(events)).containsPattern("\"hook_changed\",\"iteration\":\\d+,\"hook\":\""
                        + hook);
            }
            // The optimizer hook has gone on with its new parameter, and not one iteration went without a step.
            Matcher end = Pattern.compile("\"run_end\",\"iteration\":(\\d+).*\"steps\":(\\d+)").matcher(
                    Files.readString(events));
            assertThat(end.find()).isTrue();
            assertThat(end.group(2)).isEqualTo(end.group(1));
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(Distribution.HOME.resolve("deploy/steered.jar"));
        }
        assertThat(hookline("hooks", "--installed").out()).contains("OptimizerHook  training, level HIGH",
                "stages: ", "grad_clip.max_norm");
    }

    @Test
    void gogoOffersTheSameCommandsWhereItIsAskedForAndNothingListens() throws Exception {
        Process process = command("train", "--console", "name=gogo", "train.epochs=100000").start();
        try (BufferedWriter typed = process.outputWriter()) {
            Path events = work.resolve("output/gogo/latest/events.jsonl");
            await(events, "evaluation");
            typed.write("hookline:hooks\nlevel EvaluateHook LOW\nhookline:disable NoHook\nset EvaluateHook "
                    + "epoch_period=3\n");
            typed.flush();
            await(events, "\"hook\":\"EvaluateHook\",\"type\":\"EvaluateHook\",\"level\":40");
            assertThat(listening(process.pid())).as("TCP ports that are listened on").isEmpty();
            typed.write("hookline:stop\n");
            typed.flush();
            Outcome outcome = outcome(process);
            assertThat(outcome.code()).isZero();
            assertThat(outcome.out() + outcome.err()).contains("per iteration", "OptimizerHook",
                    "EvaluateHook at level 40 LOW", "there is no hook 'NoHook' in the run",
                    "stops after this iteration");
        } finally {
            process.destroyForcibly();
        }
    }

    /** The sockets of a process that wait for connections over IP. */
    private static List<String> listening(long pid) throws IOException {
        Set<String> own = new HashSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path file : open.toList()) {
                try {
                    own.add(Files.readSymbolicLink(file).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile.
                    continue;
                }
            }
        }
        assertThat(own).isNotEmpty();
        List<String> found = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc/net/" + table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length > 9 && fields[3].equals("0A") && own.contains("socket:[" + fields[9] + "]")) {
                    found.add(line);
                }
            }
        }
        return found;
    }

    private static void await(Path file, String text) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!(Files.exists(file) && Files.readString(file).contains(text))) {
            assertThat(System.nanoTime()).as("waiting for " + text).isLessThan(deadline);
            Thread.sleep(50);
        }
    }
}
