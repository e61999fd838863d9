// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.facet.Evaluation;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.junit.jupiter.api.Test;

class RunReportTest {
    private record At(Mode mode, int epoch, int epochs, long iteration, long iterations, int innerIteration,
            int innerIterations, long steps, long samples, int batchSize, double dataSeconds, double elapsedSeconds)
            implements Progress {}

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final RunReport report = new RunReport(
            new TerminalConsole(new PrintStream(bytes, false, StandardCharsets.UTF_8), false, () -> 80),
            new Style(false), Map.of("accuracy", true, "mae", false));

    private static Progress at(Progress.Mode mode, long iteration, long samples) {
        return new At(mode, 0, mode == Progress.Mode.BY_EPOCH ? 20 : 0, iteration, 460, 0, 23, iteration, samples,
                64, 0, 0);
    }

    private void evaluated(String split, int epoch, long iteration, Map<String, Double> values) {
        Map<String, Object> details = new java.util.HashMap<>(values);
        details.putAll(Map.of("split", split, "epoch", epoch, "samples", 10L, "seconds", 0.1));
        report.on(new RunEvent("evaluation", iteration, details, "evaluation"));
    }

    private static Evaluation.Result result(String split, Map<String, Double> values) {
        return new Evaluation.Result(split, 19, 460, 10, 0.1, values);
    }

    private static RunResult run(RunResult.Outcome outcome, String reason, long iterations,
            Evaluation.Result... evaluations) {
        return new RunResult(outcome, Optional.ofNullable(reason), Optional.empty(), iterations, 4.0,
                List.of(evaluations));
    }

    @Test
    void whatHappensToHooksIsToldAndNothingElse() {
        report.on(new RunEvent("run_start", 0, Map.of(), "run starts"));
        report.on(new RunEvent("hook_added", 12, Map.of(), "iteration 12: + MyHook 1.0.0 (level 30)"));
        report.on(new RunEvent("hook_quarantined", 13, Map.of(), "iteration 13: ! MyHook 1.0.0 quarantined: x"));
        evaluated("test", 0, 13, Map.of("accuracy", 1.0));
        report.on(new RunEvent("stop", 14, Map.of("reason", "SIGINT"), "stop: SIGINT"));
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("""
                iteration 12: + MyHook 1.0.0 (level 30)
                iteration 13: ! MyHook 1.0.0 quarantined: x
                iteration 14: stop: SIGINT
                """);
    }

    @Test
    void theEndNamesTheLastScoresAndTheBestWhereItWasBefore() {
        evaluated("test", 16, 391, Map.of("accuracy", 0.975, "loss", 0.08));
        evaluated("test", 19, 460, Map.of("accuracy", 0.9722, "loss", 0.09));
        assertThat(report.summary(
                run(RunResult.Outcome.COMPLETED, null, 460, result("test", Map.of("loss", 0.09, "accuracy", 0.9722))),
                at(Progress.Mode.BY_EPOCH, 460, 29_440), Path.of("output/digits/1"))).containsExactly(
                "completed  20 epochs, 460 iterations in 4.00 s, 7,360 samples/s overall",
                "test       accuracy 0.9722, loss 0.0900 (best accuracy 0.9750, epoch 17)",
                "files      output/digits/1");
    }

    @Test
    void whereTheLastIsTheBestItIsSaidOnce() {
        evaluated("test", 19, 460, Map.of("accuracy", 0.9722));
        RunResult result = run(RunResult.Outcome.COMPLETED, null, 460, result("test", Map.of("accuracy", 0.9722)));
        assertThat(report.summary(result, at(Progress.Mode.BY_EPOCH, 460, 1), Path.of("o")).get(1))
                .isEqualTo("test       accuracy 0.9722");
    }

    @Test
    void betterMayMeanLower() {
        evaluated("test", 0, 100, Map.of("mae", 0.2, "loss", 0.1));
        evaluated("test", 0, 200, Map.of("mae", 0.3, "loss", 0.05));
        assertThat(report.summary(
                run(RunResult.Outcome.STOPPED, "SIGINT", 200, result("test", Map.of("mae", 0.3, "loss", 0.05))),
                at(Progress.Mode.BY_ITER, 200, 0), Path.of("o"))).containsExactly(
                "stopped  200 iterations of 460 in 4.00 s (SIGINT)",
                "test     mae 0.3000, loss 0.0500 (best mae 0.2000, iteration 100)",
                "files    o");
        assertThat(report.summary(run(RunResult.Outcome.FAILED, null, 200, result("test", Map.of("loss", 0.3))),
                at(Progress.Mode.BY_ITER, 200, 0), Path.of("o")).get(1))
                .isEqualTo("test    loss 0.3000 (best loss 0.0500, iteration 200)");
    }
}
