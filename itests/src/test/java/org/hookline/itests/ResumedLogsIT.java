// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hookline.api.Progress.Mode;
import org.hookline.engine.RunResult;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;

/** The logs of a run that was resumed, as a whole, against those of a run that was never interrupted. */
@Timeout(180)
class ResumedLogsIT {
    /** Values by the clock: they differ from run to run. Whether they are there, and where, does not. */
    private static final Set<String> TIMES =
            Set.of("elapsed", "iter_time", "data_time", "step_time", "samples_per_second", "epoch_time");

    /** What each event file starts with, whatever the run does. */
    private static final String RUN_FILE = "run_file";

    private static final Pattern TIMES_IN_JSON = Pattern.compile("\"(" + String.join("|", TIMES) + ")\":[^,}]+");

    @TempDir
    Path folder;

    private LoggedRun run(String name, Mode mode) {
        return new LoggedRun(folder.resolve(name), mode);
    }

    private List<String> json(String run) throws IOException {
        return Files.readAllLines(folder.resolve(run).resolve("training_status.jsonl")).stream()
                .map(l -> TIMES_IN_JSON.matcher(l).replaceAll("\"$1\":0")).toList();
    }

    private List<String> csv(String run) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve(run).resolve("metrics.csv"));
        String[] header = lines.getFirst().split(",", -1);
        List<String> read = new ArrayList<>(List.of(lines.getFirst()));
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split(",", -1);
            assertThat(fields).hasSameSizeAs(header);
            for (int i = 0; i < fields.length; i++) {
                if (TIMES.contains(header[i]) && !fields[i].isEmpty()) {
                    fields[i] = "0";
                }
            }
            read.add(String.join(",", fields));
        }
        return read;
    }

    /** The values that TensorBoard shows: a session start takes back what older files have from its step on. */
    private List<String> events(String run) throws IOException {
        record Shown(long step, String value) {}

        List<Shown> shown = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve(run).resolve("tensorboard"))) {
            for (Path file : files.sorted().toList()) {
                for (Event event : read(file)) {
                    if (event.hasSessionLog() && event.getSessionLog().getStatus() == SessionLog.SessionStatus.START) {
                        shown.removeIf(s -> s.step() >= event.getStep());
                    }
                    for (Summary.Value value : event.getSummary().getValueList()) {
                        if (!value.getTag().equals(RUN_FILE)) {
                            String bytes = HexFormat.of().formatHex(value.toByteArray());
                            shown.add(new Shown(event.getStep(),
                                    value.getTag() + " " + (TIMES.contains(value.getTag()) ? "0" : bytes)));
                        }
                    }
                }
            }
        }
        return shown.stream().map(s -> s.step() + " " + s.value()).toList();
    }

    /** A killed run may leave a torn record at the end; TensorBoard stops there too. */
    private static List<Event> read(Path file) throws IOException {
        List<Event> events = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        while (in.remaining() > 12 && in.getLong(in.position()) <= in.remaining() - 16) {
            byte[] message = new byte[(int) in.getLong()];
            in.getInt();
            in.get(message);
            in.getInt();
            events.add(Event.parseFrom(message));
        }
        return events;
    }

    private float[] whole(Mode mode) throws IOException {
        LoggedRun whole = run("whole", mode);
        assertThat(whole.execute().outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(json("whole")).hasSizeGreaterThan(12)
                .anyMatch(l -> l.contains("seventh")).anyMatch(l -> l.contains("epoch_time") || mode == Mode.BY_ITER);
        assertThat(csv("whole")).hasSize(json("whole").size() + 1);
        assertThat(events("whole")).anyMatch(e -> e.contains(" picture ")).anyMatch(e -> e.contains(" weights "))
                .anyMatch(e -> e.contains(" picture from behind ")).anyMatch(e -> e.contains(" best/test/accuracy "));
        return whole.weights;
    }

    private void goesOnAsIfNothingHadBeen(String name, Mode mode, float[] weights) throws IOException {
        goesOnAsIfNothingHadBeen(name, run(name, mode).resume(), weights);
    }

    private void goesOnAsIfNothingHadBeen(String name, LoggedRun resumed, float[] weights) throws IOException {
        RunResult result = resumed.execute();
        assertThat(result.failure()).isEmpty();
        assertThat(result.iterations()).isEqualTo(LoggedRun.ITERATIONS);
        assertThat(resumed.weights).isEqualTo(weights);
        assertThat(json(name)).as("training_status.jsonl").isEqualTo(json("whole"));
        assertThat(csv(name)).as("metrics.csv").isEqualTo(csv("whole"));
        assertThat(events(name)).as("event files").isEqualTo(events("whole"));
    }

    /** In the middle of an epoch, at its end, and in the last epoch. */
    @ParameterizedTest
    @EnumSource
    void theLogsOfARunThatWasStoppedAndResumedAreThoseOfOneThatWasNot(Mode mode) throws IOException {
        float[] weights = whole(mode);
        for (long stop : new long[] {7, 12, 15, 19}) {
            String name = "stopped" + stop;
            assertThat(run(name, mode).stopAt(stop).execute().outcome()).isEqualTo(RunResult.Outcome.STOPPED);
            // The evaluation that the stop gave rise to, which the whole run does not have, was logged.
            String at = "\"iteration\":" + stop + ",";
            assertThat(json(name)).anyMatch(l -> l.contains("\"evaluation\"") && l.contains(at));
            goesOnAsIfNothingHadBeen(name, mode, weights);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLogsOfARunThatIsResumedFromAnOlderCheckpointAreThoseOfOneThatWasNotStopped(Mode mode) throws IOException {
        float[] weights = whole(mode);
        assertThat(run("stopped", mode).stopAt(14).execute().outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        // After iteration 12 the whole run writes its next record at 15 or 16.
        assertThat(json("stopped")).anyMatch(l -> l.contains("\"evaluation\"") && l.contains("\"iteration\":14,"));
        goesOnAsIfNothingHadBeen("stopped", run("stopped", mode).resume("checkpoints/epoch-0001"), weights);
    }

    @ParameterizedTest
    @EnumSource
    void theLogsOfARunThatWasStoppedTwiceAreThoseOfOneThatWasNot(Mode mode) throws IOException {
        float[] weights = whole(mode);
        run("twice", mode).stopAt(7).execute();
        run("twice", mode).resume().stopAt(13).execute();
        goesOnAsIfNothingHadBeen("twice", mode, weights);
    }

    @ParameterizedTest
    @EnumSource
    void theLogsOfARunWhoseProcessWasKilledAreThoseOfOneThatWasNot(Mode mode) throws Exception {
        float[] weights = whole(mode);
        for (long kill : new long[] {11, 17}) {
            String name = "killed" + kill;
            Path log = folder.resolve(name + ".txt");
            Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                    LoggedRun.class.getName(), folder.resolve(name).toString(), mode.name(), Long.toString(kill))
                            .redirectErrorStream(true).redirectOutput(log.toFile()).start();
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(() -> text(log)).isEqualTo(137);
            assertThat(json(name)).noneMatch(l -> l.contains("\"end\""));
            goesOnAsIfNothingHadBeen(name, mode, weights);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsResumedFromItsEndHasTheLogsItHad(Mode mode) throws IOException {
        float[] weights = whole(mode);
        run("ended", mode).execute();
        goesOnAsIfNothingHadBeen("ended", mode, weights);
    }
}
