// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.hookline.api.Progress;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.log.Console;
import org.hookline.api.log.Elapsed;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunResult;

/** Tells of a run while it goes on and what came of it. Told on any thread, asked after the run. */
final class RunReport implements RunListener {
    /** What the event of an evaluation holds besides the metrics. */
    private static final Set<String> NOT_METRICS = Set.of("split", "epoch", "samples", "seconds");

    private static final String LOSS = "loss";

    private Optional<Path> checkpoint = Optional.empty();

    private record Best(double value, int epoch, long iteration) {}

    private final Console console;
    private final Style style;
    private final Map<String, Boolean> higherIsBetter;
    private final Map<String, Best> best = new LinkedHashMap<>();

    /**
     * Makes a report.
     *
     * @param console where to
     * @param style how
     * @param higherIsBetter by metric; a metric that is missing counts as better when higher, except {@code loss}
     */
    RunReport(Console console, Style style, Map<String, Boolean> higherIsBetter) {
        this.console = console;
        this.style = style;
        this.higherIsBetter = higherIsBetter;
    }

    @Override
    public synchronized void on(RunEvent event) {
        switch (event.type()) {
            case "hook_quarantined", "hook_rejected", "checkpoint_failed" -> console.line(style.yellow(event.text()));
            case "hook_added", "hook_removed", "hook_replaced", "hook_changed" -> console.line(event.text());
            case "run_resumed", "weights_loaded" -> console.line(event.text());
            case "checkpoint" -> checkpoint = Optional.of(Path.of(String.valueOf(event.details().get("folder"))));
            case "stop" -> console.line("iteration " + event.iteration() + ": " + event.text());
            case "evaluation" -> evaluated(event);
            default -> { }
        }
    }

    private void evaluated(RunEvent event) {
        int epoch = event.details().get("epoch") instanceof Number n ? n.intValue() : 0;
        event.details().forEach((metric, value) -> {
            if (!NOT_METRICS.contains(metric) && value instanceof Number number) {
                Best now = new Best(number.doubleValue(), epoch, event.iteration());
                best.merge(event.details().get("split") + "/" + metric, now,
                        (old, next) -> better(metric, next.value(), old.value()) ? next : old);
            }
        });
    }

    private boolean better(String metric, double value, double than) {
        boolean higher = !metric.equals(LOSS) && higherIsBetter.getOrDefault(metric, true);
        return Double.isNaN(than) || (higher ? value > than : value < than);
    }

    /**
     * Says how the run ended.
     *
     * @param result how
     * @param progress where it ended
     * @param folder its folder, as a person would write it
     * @return the lines
     */
    synchronized List<String> summary(RunResult result, Progress progress, Path folder) {
        Table table = new Table(false);
        String work = (progress.mode() == Progress.Mode.BY_EPOCH && result.outcome() == RunResult.Outcome.COMPLETED
                        ? Quantity.count(progress.epochs(), "epoch") + ", " : "")
                + Quantity.count(result.iterations(), "iteration")
                + (result.outcome() == RunResult.Outcome.COMPLETED ? ""
                        : String.format(java.util.Locale.ROOT, " of %,d", progress.iterations()))
                + " in " + Elapsed.show(result.seconds())
                + (progress.samples() > 0 && result.seconds() > 0
                        ? ", " + Quantity.rate(progress.samples() / result.seconds()) + " samples/s overall" : "");
        List<String> lines = new ArrayList<>();
        table.row(result.outcome().name().toLowerCase(java.util.Locale.ROOT),
                work + result.reason().map(r -> " (" + r + ")").orElse(""));
        for (Evaluation.Result evaluation : result.evaluations()) {
            table.row(evaluation.split(), scores(evaluation, progress.mode()));
        }
        table.row("files", folder.toString());
        if (checkpoint.isPresent() && result.outcome() != RunResult.Outcome.COMPLETED) {
            table.row("resume", "hookline train --resume " + folder + "   (from "
                    + checkpoint.get().getFileName() + ")");
        }
        List<String> rows = table.lines();
        for (int i = 0; i < rows.size(); i++) {
            lines.add(i > 0 ? rows.get(i) : switch (result.outcome()) {
                case COMPLETED -> style.green(rows.get(i));
                case STOPPED -> style.yellow(rows.get(i));
                case FAILED -> style.red(rows.get(i));
            });
        }
        return lines;
    }

    private String scores(Evaluation.Result evaluation, Progress.Mode mode) {
        String main = main(evaluation);
        List<String> parts = new ArrayList<>();
        Map<String, Double> values = new TreeMap<>(evaluation.values());
        parts.add(main + " " + Quantity.score(values.getOrDefault(main, Double.NaN)));
        values.forEach((metric, value) -> {
            if (!metric.equals(main)) {
                parts.add(metric + " " + Quantity.score(value));
            }
        });
        Best top = best.get(evaluation.split() + "/" + main);
        String line = String.join(", ", parts);
        if (top == null || top.value() == values.getOrDefault(main, Double.NaN)) {
            return line;
        }
        return line + " (best " + main + " " + Quantity.score(top.value()) + ", "
                + (mode == Progress.Mode.BY_EPOCH ? "epoch " + (top.epoch() + 1) : "iteration " + top.iteration())
                + ")";
    }

    /** The metric that a person looks at: accuracy where there is one, the loss only where there is nothing else. */
    private static String main(Evaluation.Result evaluation) {
        if (evaluation.values().containsKey("accuracy")) {
            return "accuracy";
        }
        return new TreeMap<>(evaluation.values()).keySet().stream().filter(m -> !m.equals(LOSS)).findFirst()
                .orElse(LOSS);
    }
}
