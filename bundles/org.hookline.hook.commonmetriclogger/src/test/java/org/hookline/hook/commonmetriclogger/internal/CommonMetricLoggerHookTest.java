// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress.Mode;
import org.hookline.api.RunInfo;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogRecord.Value;
import org.hookline.testkit.Configs;
import org.junit.jupiter.api.Test;

class CommonMetricLoggerHookTest {
    private static final RunInfo RUN =
            new RunInfo("r", "digits", Path.of("."), Instant.EPOCH, 1, "cpu", Map.of());

    /** A console that keeps what is shown: lines, and the status line in brackets. */
    private static final class MemoryConsole implements Console {
        final List<String> shown = new ArrayList<>();
        final boolean terminal;
        int columns = 120;

        MemoryConsole(boolean terminal) {
            this.terminal = terminal;
        }

        @Override
        public void line(String text) {
            shown.add(text);
        }

        @Override
        public void status(String text) {
            shown.add("<" + text + ">");
        }

        @Override
        public boolean terminal() {
            return terminal;
        }

        @Override
        public int columns() {
            return columns;
        }
    }

    private long now;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private CommonMetricLoggerHook writer(Console console, Object... values) {
        CommonMetricLoggerHook writer = new CommonMetricLoggerHook(
                Configs.of(CommonMetricLoggerConfig.class, values), Map.of("TERM", "xterm-256color"), () -> now,
                new PrintStream(bytes, true, StandardCharsets.UTF_8));
        writer.setConsole(console);
        writer.open(RUN);
        return writer;
    }

    private static Value value(double v) {
        return new Value(v, v, v, v, true);
    }

    private static Map<String, Value> scalars(Object... namesAndValues) {
        Map<String, Value> scalars = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            scalars.put((String) namesAndValues[i], value(((Number) namesAndValues[i + 1]).doubleValue()));
        }
        return scalars;
    }

    /** Twenty epochs of 100 iterations, two seconds each. */
    private static LogRecord epochMode(Kind kind, int epoch, int inner, Map<String, Value> scalars) {
        long iteration = epoch * 100L + inner;
        return new LogRecord(kind, Mode.BY_EPOCH, epoch, 20, iteration, 2000, inner, 100, iteration * 0.02,
                (2000 - iteration) * 0.02, kind == Kind.EVALUATION ? Optional.of("test") : Optional.empty(), scalars,
                Map.of(), Map.of());
    }

    private static LogRecord iterationMode(Kind kind, long iteration, Map<String, Value> scalars) {
        return new LogRecord(kind, Mode.BY_ITER, 0, 0, iteration, 5000, (int) (iteration % 100), 100, iteration * 0.02,
                Double.NaN, kind == Kind.EVALUATION ? Optional.of("test") : Optional.empty(), scalars, Map.of(),
                Map.of());
    }

    private static Map<String, Value> usual() {
        return scalars("loss", 0.12344, "iter_time", 0.02, "lr", 0.001, "samples_per_second", 10_312.4,
                "grad_norm", 1.5);
    }

    @Test
    void onATerminalTheProgressIsALineThatIsRewritten() {
        MemoryConsole console = new MemoryConsole(true);
        writer(console).write(epochMode(Kind.TRAINING, 2, 50, usual()));
        assertThat(console.shown).containsExactly("<epoch  3/20 ███████████████░░░░░░░░░░░░░░░  50/100  loss 0.1234  "
                + "lr 0.001  10,312 samples/s  0:35 left>");
    }

    @Test
    void thePeakOfAGpusMemoryIsShownWhereItIsMeasured() {
        MemoryConsole console = new MemoryConsole(true);
        Map<String, Value> scalars = usual();
        scalars.put("memory/gpu_peak", value(1536.4));
        writer(console, "bar", "none").write(epochMode(Kind.TRAINING, 2, 50, scalars));
        assertThat(console.shown).containsExactly("<epoch  3/20   50/100  loss 0.1234  lr 0.001  gpu 1536 MiB  "
                + "10,312 samples/s  0:35 left>");
    }

    @Test
    void theBarTakesWhatTheTextLeavesAndGoesWhereItLeavesNothing() {
        MemoryConsole console = new MemoryConsole(true);
        CommonMetricLoggerHook writer = writer(console, "bar", "ascii");
        for (int columns : new int[] {90, 82, 40}) {
            console.columns = columns;
            now += 1_000_000_000;
            writer.write(epochMode(Kind.TRAINING, 2, 50, usual()));
        }
        assertThat(console.shown).containsExactly(
                "<epoch  3/20 [#######--------]  50/100  loss 0.1234  lr 0.001  10,312 samples/s  0:35 left>",
                "<epoch  3/20 [###----]  50/100  loss 0.1234  lr 0.001  10,312 samples/s  0:35 left>",
                "<epoch  3/20   50/100  loss 0.1234  lr 0.001  10,312 samples/s  0:35 left>");
        // The last column stays free: some terminals wrap when it is filled.
        assertThat(console.shown.get(0)).hasSize(2 + 89);
        assertThat(console.shown.get(1)).hasSize(2 + 81);
    }

    @Test
    void itIsRedrawnAtMostTenTimesASecond() {
        MemoryConsole console = new MemoryConsole(true);
        CommonMetricLoggerHook writer = writer(console);
        for (int i = 1; i < 100; i++) {
            writer.write(epochMode(Kind.TRAINING, 0, i, usual()));
            now += 20_000_000;
        }
        assertThat(console.shown).hasSize(20);
    }

    @Test
    void endsOfEpochsAndEvaluationsStay() {
        MemoryConsole console = new MemoryConsole(true);
        CommonMetricLoggerHook writer = writer(console);
        writer.write(epochMode(Kind.TRAINING, 0, 100, usual()));
        writer.write(epochMode(Kind.EVALUATION, 0, 100, scalars("test/loss", 0.1044, "test/accuracy", 0.97222,
                "best/test/loss", 0.1044, "best/test/accuracy", 0.97222)));
        writer.write(epochMode(Kind.TRAINING, 1, 100, usual()));
        writer.write(epochMode(Kind.EVALUATION, 1, 100, scalars("test/loss", 0.2, "test/accuracy", 0.96,
                "best/test/loss", 0.1044, "best/test/accuracy", 0.97222)));
        writer.write(epochMode(Kind.END, 1, 100, usual()));
        writer.close();
        assertThat(console.shown).containsExactly(
                "epoch  1/20  loss 0.1234  lr 0.001  10,312 samples/s  2.00 s",
                "epoch  1/20  test  accuracy 0.9722  loss 0.1044",
                "epoch  2/20  loss 0.1234  lr 0.001  10,312 samples/s  2.00 s",
                "epoch  2/20  test  accuracy 0.9600  loss 0.2000  (best accuracy 0.9722)",
                "<>", "<>");
    }

    @Test
    void iterationModeCountsIterations() {
        MemoryConsole console = new MemoryConsole(true);
        CommonMetricLoggerHook writer = writer(console, "bar", "ascii");
        writer.write(iterationMode(Kind.TRAINING, 2500, scalars("loss", 0.5)));
        writer.write(iterationMode(Kind.EVALUATION, 2500, scalars("test/loss", 0.25)));
        writer.write(iterationMode(Kind.TRAINING, 5000, scalars("loss", 0.25)));
        assertThat(console.shown).containsExactly(
                "<iteration [##############--------------] 2,500/5,000  loss 0.5000  -:-- left>",
                "iteration 2,500/5,000  test  loss 0.2500",
                "iteration 5,000/5,000  loss 0.2500  1:40");
    }

    @Test
    void elsewhereThereAreLinesNotMoreOftenThanTheInterval() {
        MemoryConsole console = new MemoryConsole(false);
        CommonMetricLoggerHook writer = writer(console, "interval", 0.5);
        for (int i = 10; i <= 100; i += 10) {
            now += 200_000_000;
            writer.write(epochMode(Kind.TRAINING, 0, i, usual()));
        }
        assertThat(console.shown).containsExactly(
                "epoch  1/20   30/100  loss 0.1234  lr 0.001  10,312 samples/s  0:39 left",
                "epoch  1/20   60/100  loss 0.1234  lr 0.001  10,312 samples/s  0:39 left",
                "epoch  1/20   90/100  loss 0.1234  lr 0.001  10,312 samples/s  0:38 left",
                "epoch  1/20  loss 0.1234  lr 0.001  10,312 samples/s  2.00 s");
    }

    @Test
    void withAnIntervalOfZeroEachRecordIsALine() {
        MemoryConsole console = new MemoryConsole(false);
        CommonMetricLoggerHook writer = writer(console, "interval", 0.0);
        for (int i = 10; i <= 100; i += 10) {
            writer.write(epochMode(Kind.TRAINING, 0, i, usual()));
        }
        assertThat(console.shown).hasSize(10);
    }

    @Test
    void withoutAConsolePlainLinesGoToStandardOutput() {
        CommonMetricLoggerHook writer = writer(null, "interval", 0.0);
        writer.write(epochMode(Kind.TRAINING, 0, 10, scalars("loss", 0.5)));
        writer.write(epochMode(Kind.END, 0, 10, scalars()));
        writer.close();
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("epoch  1/20   10/100  loss 0.5000  0:40 left");
    }

    @Test
    void aConsoleThatComesOrGoesIsUsedFromTheNextRecordOn() {
        CommonMetricLoggerHook writer = writer(null, "interval", 0.0);
        writer.write(epochMode(Kind.TRAINING, 0, 10, scalars("loss", 0.5)));
        MemoryConsole console = new MemoryConsole(false);
        writer.setConsole(console);
        writer.write(epochMode(Kind.TRAINING, 0, 20, scalars("loss", 0.5)));
        writer.setConsole(null);
        writer.write(epochMode(Kind.TRAINING, 0, 30, scalars("loss", 0.5)));
        assertThat(console.shown).hasSize(1);
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).hasSize(2);
    }

    @Test
    void allLossesAreShownAndMoreScalarsOnRequest() {
        MemoryConsole console = new MemoryConsole(false);
        writer(console, "interval", 0.0, "scalars", new String[] {"grad_norm", "missing", "loss"})
                .write(epochMode(Kind.TRAINING, 0, 10, scalars("loss", 0.5, "aux_loss", 0.25, "grad_norm", 1.5)));
        assertThat(console.shown)
                .containsExactly("epoch  1/20   10/100  loss 0.5000  aux_loss 0.2500  grad_norm 1.5000  0:40 left");
    }

    @Test
    void smoothedLossesAreShownButTheNewestLearningRate() {
        MemoryConsole console = new MemoryConsole(false);
        Map<String, Value> scalars = new LinkedHashMap<>();
        scalars.put("loss", new Value(9, 0.5, 7, 8, true));
        scalars.put("lr", new Value(0.002, 3, 4, 5, true));
        scalars.put("samples_per_second", new Value(1, 200, 3, 4, true));
        writer(console, "interval", 0.0).write(epochMode(Kind.TRAINING, 0, 10, scalars));
        assertThat(console.shown.getFirst()).contains("loss 0.5000  lr 0.002  200 samples/s");
    }

    @Test
    void theLinuxConsoleGetsSignsThatItHas() {
        MemoryConsole console = new MemoryConsole(true);
        CommonMetricLoggerHook writer = new CommonMetricLoggerHook(Configs.of(CommonMetricLoggerConfig.class),
                Map.of("TERM", "linux"), () -> now, System.out);
        writer.setConsole(console);
        writer.open(RUN);
        writer.write(epochMode(Kind.TRAINING, 0, 50, usual()));
        assertThat(console.shown.getFirst()).contains("[##############--------------]");
    }

    @Test
    void wrongParametersAreNamed() {
        assertThatThrownBy(() -> writer(null, "bar", "unicod")).isInstanceOf(UserError.class)
                .hasMessageContaining("bar is 'unicod'; did you mean 'unicode'?");
        assertThatThrownBy(() -> writer(null, "interval", -1.0)).isInstanceOf(UserError.class)
                .hasMessageContaining("interval is -1.0");
    }
}
