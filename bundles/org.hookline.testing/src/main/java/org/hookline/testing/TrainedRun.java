// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.hookline.api.HookInfo;
import org.hookline.api.Stage;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.options.Nearest;

/**
 * What came out of a run that ended well.
 *
 * @param folder what the run wrote: {@code events.jsonl}, {@code effective.yaml} and the hooks' own files
 * @param iterations the number of iterations done
 * @param metrics the newest value of each scalar at the end, by name
 * @param evaluations the newest result of each split
 * @param hooks the hooks in their order, with the calls that each of them got
 */
public record TrainedRun(
        Path folder, long iterations, Map<String, Double> metrics, List<Evaluation.Result> evaluations,
        List<HookInfo> hooks) {

    /** Copies what it is given. */
    public TrainedRun {
        metrics = Map.copyOf(metrics);
        evaluations = List.copyOf(evaluations);
        hooks = List.copyOf(hooks);
    }

    /**
     * Gives the newest value of a scalar.
     *
     * @param name as hooks put it into the metrics, for example {@code loss} or {@code test/accuracy}
     * @return the value
     * @throws AssertionError if no hook put such a value; the message names the nearest
     */
    public double metric(String name) {
        Double value = metrics.get(name);
        if (value == null) {
            throw missing("metric", name, metrics.keySet());
        }
        return value;
    }

    /**
     * Gives a hook of the run.
     *
     * @param name its name, which is its type unless the run file says otherwise
     * @return the hook as it was at the end
     * @throws AssertionError if it took no part; the message names those that did
     */
    public HookInfo hook(String name) {
        return hooks.stream().filter(h -> h.name().equals(name)).findFirst()
                .orElseThrow(() -> missing("hook", name, hooks.stream().map(HookInfo::name).toList()));
    }

    /**
     * Counts the calls of a hook at one stage.
     *
     * @param name the hook's name
     * @param stage the stage
     * @return how often it was called; 0 where it does not override the stage
     * @throws AssertionError if it took no part
     */
    public long calls(String name, Stage stage) {
        var timing = hook(name).timings().get(stage);
        return timing == null ? 0 : timing.count();
    }

    private static AssertionError missing(String what, String name, Collection<String> known) {
        return new AssertionError("there is no " + what + " '" + name + "'"
                + Nearest.suggest(name, known.stream().sorted().toList()));
    }
}
