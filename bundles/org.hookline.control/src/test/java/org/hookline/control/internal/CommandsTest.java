// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.BufferedReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Stepper;
import org.hookline.control.Control;
import org.hookline.deploy.Deployments;
import org.hookline.deploy.Deployments.Leak;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.Run;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Parameter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a run of the real engine. */
@Timeout(30)
class CommandsTest {
    @TempDir
    Path folder;

    private final HooklineEngine engine = new HooklineEngine();
    private final Rate rate = new Rate();
    private final List<Path> undeployed = new ArrayList<>();
    private final List<String> updates = new ArrayList<>();
    private Run run;
    private CompletableFuture<RunResult> result;
    private Commands commands;
    private final Leak held = new Leak("third.party", "1.2.0", Instant.now().minusSeconds(301));

    private static final class Rate implements Stepper {
        volatile double value = 0.1;

        @Override
        public void step() {}

        @Override
        public void skip() {}

        @Override
        public String optimizer() {
            return "sgd";
        }

        @Override
        public long steps() {
            return 0;
        }

        @Override
        public long skipped() {
            return 0;
        }

        @Override
        public long plannedSteps() {
            return 1;
        }

        @Override
        public double learningRate() {
            return value;
        }

        @Override
        public double baseLearningRate() {
            return 0.1;
        }

        @Override
        public void setLearningRate(double learningRate) {
            value = learningRate;
        }

        @Override
        public double momentum() {
            return 0;
        }

        @Override
        public void setMomentum(double momentum) {}
    }

    private final class Idle implements TrainingTask {
        @Override
        public String device() {
            return "none";
        }

        @Override
        public int iterationsPerEpoch() {
            return 100;
        }

        @Override
        public void open(TaskLink link) {}

        @Override
        public Map<Class<?>, Object> facets() {
            return Map.of(Stepper.class, rate);
        }

        @Override
        public void beginEpoch(int epoch, int skip) {}

        @Override
        public int nextBatch() throws InterruptedException {
            Thread.sleep(1);
            return 8;
        }

        @Override
        public void forward() {}

        @Override
        public void endIteration() {}

        @Override
        public double[] read(List<NDArray> scalars) {
            return new double[0];
        }

        @Override
        public NDManager newScope() {
            throw new IllegalStateException("no arrays here");
        }

        @Override
        public void close() {}
    }

    private final class Folder implements Deployments {
        @Override
        public List<Deployment> list() {
            return List.of(new Deployment(Path.of("/d/my.jar"), "my.bundle", "1.0.0", List.of("MyHook"),
                    State.DEPLOYED, ""));
        }

        @Override
        public Deployment deploy(Path jar) {
            boolean bad = jar.getFileName().toString().startsWith("bad");
            return new Deployment(jar, "my.bundle", "1.0.1", List.of("MyHook"), bad ? State.REJECTED : State.DEPLOYED,
                    bad ? "it is no good" : "");
        }

        @Override
        public void undeploy(List<Path> files) {
            undeployed.addAll(files);
        }

        @Override
        public List<Leak> leaks(boolean collect) {
            return collect ? List.of(held) : List.of();
        }
    }

    private final class Known implements RunControl.Configurations {
        @Override
        public List<Control.Kind> kinds() {
            HookType type = HookType.hook("Watcher", Parameter.of("maxNorm", Parameter.Type.NUMBER, "1",
                    "largest norm"));
            return List.of(new Control.Kind(type, "LOW", "observer", List.of("afterTrainIter"), "watcher", "1.0.0"));
        }

        @Override
        public void update(HookType type, String hook, String runId, Map<String, Object> change) {
            updates.add(hook + "@" + runId + " " + change);
        }
    }

    private static final class Watcher implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            Thread.onSpinWait();
        }
    }

    @BeforeEach
    void start() {
        engine.add(new Watcher(), Map.of("component.name", "Watcher", "level", 40));
        engine.add(new Watcher(), Map.of("component.name", "Other", "level", 20));
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        RunSpec spec = new RunSpec("idle", 1, Progress.Mode.BY_ITER, 0, 1_000_000, "cpu", "fp32", 1, 0, none,
                none, none, List.of(), none, folder, Map.of());
        run = engine.prepare("r", spec, folder, new Idle(), e -> {});
        result = CompletableFuture.supplyAsync(run::execute);
        commands = new Commands(new RunControl(engine::runs, new Folder(), new Known()));
        await(() -> run.progress().iteration() > 5);
    }

    @AfterEach
    void stop() throws Exception {
        run.stop("test over");
        result.get(10, TimeUnit.SECONDS);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private List<String> run(String word, String... arguments) throws InterruptedException {
        return commands.run(word, List.of(arguments), folder);
    }

    private void mistake(String expected, String word, String... arguments) {
        assertThatThrownBy(() -> run(word, arguments)).isInstanceOf(UserError.class).hasMessageContaining(expected);
    }

    @Test
    void whatWasTakenAwayAndIsStillInMemoryIsNamed() throws Exception {
        assertThat(commands.run("hooks", List.of("--leaks"), folder))
                .containsExactly("third.party 1.2.0 was taken away 5 min "
                + "ago and is still held in memory: by a thread, a static field or a listener that it has left behind");
    }

    @Test
    void theTableShowsOrderLevelStateAndCost() throws Exception {
        List<String> lines = run("hooks");
        assertThat(lines.getFirst()).containsSubsequence("#", "level", "hook", "bundle", "kind", "state", "calls",
                "per iteration", "share", "last error");
        assertThat(lines.get(1)).matches("1  20 HIGH +Other .*observer +active +[0-9,]+ .*%.*");
        assertThat(lines.get(2)).startsWith("2  40 LOW   Watcher");
        assertThat(lines.getLast()).startsWith("iteration ");
        assertThat(run("hooks", "--json").getFirst()).contains("\"name\":\"Other\"", "\"state\":\"active\"");
        assertThat(run("hooks", "--installed")).contains("Watcher  observer, level LOW, watcher 1.0.0",
                "    stages: afterTrainIter", "    max_norm  number  = 1  largest norm");
        mistake("did you mean '--installed'?", "hooks", "--instaled");
    }

    @Test
    void anUnknownOptionNamesAllThatTheCommandHas() {
        mistake("hooks: unknown option '--foo'; there are: --installed, --json, --leaks, --watch, --pid, --debug, "
                + "--help", "hooks", "--foo");
        mistake("did you mean '--watch'?", "status", "--wach");
        mistake("pause: unknown option '--pdi'; did you mean '--pid'?", "pause", "--pdi");
        mistake("deploy: unknown option '--foo'; there are: --pid", "deploy", "--foo");
    }

    @Test
    void theTimeOfALongRunIsShownInHours() {
        Control.Status status = new Control.Status(1, "r", folder, "cpu", "running", 0, 1, 5_000, 20_000, 5_000,
                7_260, 75, 100, Optional.empty());
        assertThat(Commands.elapsed(status)).isEqualTo("2 h 01 min, paused 1 min 15 s, 6 h 03 min left");
    }

    @Test
    void levelsAndSwitchesTakeEffectAndMistakesNameTheNearest() throws Exception {
        run("level", "Watcher", "highest");
        await(() -> run.hooks().list().getFirst().name().equals("Watcher"));
        run("disable", "Watcher");
        await(() -> run.hooks().find("Watcher").orElseThrow().state() == HookInfo.State.DISABLED);
        run("enable", "Watcher");
        await(() -> run.hooks().find("Watcher").orElseThrow().state() == HookInfo.State.ACTIVE);
        mistake("there is no hook 'Wacher' in the run; did you mean 'Watcher'?", "disable", "Wacher");
        mistake("did you mean 'LOWEST'?", "level", "Watcher", "LOWST");
        mistake("level needs a hook and a level", "level", "Watcher");
    }

    @Test
    void parametersAreCheckedBeforeTheyAreSet() throws Exception {
        assertThat(run("set", "Watcher", "max_norm=2.5")).containsExactly("Watcher: max_norm = 2.5");
        assertThat(updates).containsExactly("Watcher@r {maxNorm=2.5}");
        mistake("did you mean 'max_norm'?", "set", "Watcher", "max_nrom=3");
        mistake("expected a number", "set", "Watcher", "max_norm=x");
        mistake("not of the form name=value", "set", "Watcher", "max_norm");
        assertThat(updates).hasSize(1);
    }

    @Test
    void theLearningRateIsThatOfTheNextStep() throws Exception {
        assertThat(run("lr", "1e-4")).containsExactly("learning rate 0.1 -> 1.0E-4 from the next step on");
        assertThat(rate.value).isEqualTo(1e-4);
        mistake("'fast' is not a number", "lr", "fast");
        mistake("expected a number of 0 or more", "lr", "-1");
    }

    @Test
    void pauseHoldsTheRunAndResumeLetsItGoOn() throws Exception {
        assertThat(run("pause").getFirst()).startsWith("paused after iteration ");
        long at = run.progress().iteration();
        assertThat(String.join("\n", run("status"))).contains("paused");
        Thread.sleep(30);
        assertThat(run.progress().iteration()).isEqualTo(at);
        run("resume");
        await(() -> run.progress().iteration() > at + 3);
        mistake("the run is not paused", "resume");
        mistake("has no CheckPointHook", "checkpoint");
        run("stop");
        assertThat(result.get(10, TimeUnit.SECONDS).outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        mistake("no run is going on", "hooks");
    }

    @Test
    void jarsAreDeployedAndTakenAway() throws Exception {
        Files.writeString(folder.resolve("my.jar"), "x");
        Files.writeString(folder.resolve("bad.jar"), "x");
        assertThat(run("deploy", "my.jar")).containsExactly("deployed my.bundle 1.0.1 (MyHook)");
        mistake("bad.jar is not used: it is no good", "deploy", "bad.jar");
        mistake("there is no file", "deploy", "nothing.jar");
        mistake("only jars are deployed", "deploy", "my.txt");
        assertThat(run("undeploy", "MyHook")).containsExactly("undeployed my.bundle 1.0.0 (MyHook)");
        assertThat(undeployed).containsExactly(Path.of("/d/my.jar"));
        mistake("did you mean 'MyHook'?", "undeploy", "MyHok");
    }

    @Test
    void theChannelIsOpenForThisUserAloneAndAnswersInLinesOfJson() throws Exception {
        Path sockets = folder.resolve("control");
        Path longer = folder.resolve("a".repeat(120));
        for (Path at : List.of(sockets, longer)) {
            Path socket = at.resolve("77.sock");
            try (ControlServer server = new ControlServer(commands, at, 77)) {
                assertThat(server).isNotNull();
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(at))).isEqualTo("rwx------");
                assertThat(ask(socket, "{\"command\":\"status\",\"arguments\":[\"--name\"]}"))
                        .containsExactly("{\"out\":\"idle\"}", "{\"exit\":0}");
                assertThat(ask(socket, "{\"command\":\"frobnicate\"}").getLast()).isEqualTo("{\"exit\":2}");
                assertThat(ask(socket, "no json").getLast()).isEqualTo("{\"exit\":1}");
            }
            assertThat(Files.exists(socket, java.nio.file.LinkOption.NOFOLLOW_LINKS)).isFalse();
        }
    }

    private static List<String> ask(Path socket, String request) throws Exception {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket.toRealPath()));
            channel.write(StandardCharsets.UTF_8.encode(request + "\n"));
            try (BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
                return reader.lines().toList();
            }
        }
    }
}
