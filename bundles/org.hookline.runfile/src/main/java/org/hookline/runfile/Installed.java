// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.options.Option;

/**
 * What a run file can name: the hooks, data sets, models, losses and metrics of the installed bundles. An empty kind
 * means that there are none; {@link #unchecked()} means that nobody knows.
 *
 * @param hooks kinds of hooks and writers
 * @param datasets options by type
 * @param models options by type
 * @param losses options by type
 * @param metrics options by type
 * @param optimizers options by type; empty where the trainer checks them itself
 * @param data the options of {@code data:} that the trainer takes besides those of the data set
 * @param known whether anything is known; otherwise names and options are not checked
 */
public record Installed(
        List<HookType> hooks, Map<String, List<Option>> datasets, Map<String, List<Option>> models,
        Map<String, List<Option>> losses, Map<String, List<Option>> metrics, Map<String, List<Option>> optimizers,
        List<Option> data, boolean known) {

    /** The options of {@code data:} that belong to the trainer. */
    public static final List<Option> DATA = List.of(
            Option.of("batch_size", Option.Type.INTEGER, 64, "samples in one micro-batch, at least 1"),
            Option.of("shuffle", Option.Type.BOOLEAN, true, "whether each epoch has its own order"));

    /** Backward and step in full precision; one of the default hooks. */
    public static final String OPTIMIZER_HOOK = "OptimizerHook";

    /** Takes the place of {@link #OPTIMIZER_HOOK} where the precision is fp16 or bf16. */
    public static final String HALF_OPTIMIZER_HOOK = "Fp16OptimizerHook";

    /**
     * The default hooks and writers, in their order; of the two optimizer hooks a run has one. Those that are not
     * installed are left out of a run without a word, unless its file names them.
     */
    public static final List<String> DEFAULT_HOOKS = List.of(OPTIMIZER_HOOK, HALF_OPTIMIZER_HOOK,
            "LRSchedulerHook", "IterationTimerHook", "EvaluateHook", "CheckPointHook", "PeriodicLogger",
            "CommonMetricLoggerHook", "JSONLoggerHook");

    /** Copies the lists and maps. */
    public Installed {
        hooks = List.copyOf(hooks);
        datasets = copy(datasets);
        models = copy(models);
        losses = copy(losses);
        metrics = copy(metrics);
        optimizers = copy(optimizers);
        data = List.copyOf(data);
    }

    /** {@return an installation of which nothing is known: names and options are not checked} */
    public static Installed unchecked() {
        return new Installed(List.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), DATA, false);
    }

    /**
     * Finds a kind of hook or writer.
     *
     * @param type the name
     * @return the kind, or empty
     */
    public Optional<HookType> hook(String type) {
        return hooks.stream().filter(h -> h.type().equals(type)).findFirst();
    }

    /** {@return the names of all kinds of hooks and writers, sorted} */
    public List<String> hookTypes() {
        return hooks.stream().map(HookType::type).sorted().toList();
    }

    private static Map<String, List<Option>> copy(Map<String, List<Option>> options) {
        Map<String, List<Option>> copy = new LinkedHashMap<>();
        options.keySet().stream().sorted().forEach(k -> copy.put(k, List.copyOf(options.get(k))));
        return java.util.Collections.unmodifiableMap(copy);
    }
}
