// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.evaluate.internal;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.SharedData;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evaluates the model while it trains, and keeps the best value of each metric. It stands before the hooks that write
 * logs and checkpoints, so that what they write at the same moment has the result in it.
 *
 * <p>The best value so far of {@code test/accuracy} is the metric {@code best/test/accuracy}; all of them are in the
 * shared data under {@link #BEST}.
 */
@Component(service = Hook.class, name = "EvaluateHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EvaluateConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class EvaluateHook implements StatefulHook, LiveHook<EvaluateSettings> {
    /** The best values in shared data: by metric, a map of {@code value}, {@code epoch} and {@code iteration}. */
    @SuppressWarnings("rawtypes") // a key holds a class
    public static final SharedData.Key<Map> BEST = new SharedData.Key<>("EvaluateHook.best", Map.class);

    private static final Logger LOG = LoggerFactory.getLogger(EvaluateHook.class);

    private final LiveSettings<EvaluateSettings> given;
    private EvaluateSettings settings = EvaluateSettings.DEFAULT;
    private BestResults best = new BestResults();
    private boolean restored;

    /** Iterations completed at the newest evaluation of this hook; -1 before the first. */
    private long evaluatedAt = -1;

    /** Iterations completed, while this hook evaluates; otherwise -1. */
    private long evaluating = -1;

    private List<String> splits = List.of();
    private final Map<String, Boolean> higherIsBetter = new HashMap<>();
    private final Map<String, Long> seen = new HashMap<>();
    private boolean failed;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public EvaluateHook(EvaluateConfig config) {
        given = LiveSettings.of(() -> EvaluateSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(EvaluateConfig config) {
        given.offer(() -> EvaluateSettings.of(config));
    }

    @Override
    public LiveSettings<EvaluateSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings when what is evaluated
     */
    public EvaluateHook(EvaluateSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        if (!restored) {
            best = new BestResults();
            evaluatedAt = -1;
        }
        restored = false;
        failed = false;
        evaluating = -1;
        splits = chosen(settings, context.evaluation().splits());
        higherIsBetter.clear();
        higherIsBetter.put("loss", false);
        context.evaluation().metrics().forEach(m -> higherIsBetter.put(m.name(), m.higherIsBetter()));
        // What was evaluated before this hook came is not its to judge.
        seen.clear();
        results(context.evaluation().splits(), context.metrics()).forEach((name, series) ->
                seen.put(name, series.count()));
        share(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, EvaluateSettings before) {
        List<String> fresh = chosen(given.get(), context.evaluation().splits());
        settings = given.get();
        splits = fresh;
    }

    private static List<String> chosen(EvaluateSettings settings, List<String> all) {
        if (settings.splits().isEmpty()) {
            if (all.isEmpty()) {
                LOG.info("the data set has nothing to evaluate on beside the training data");
            }
            return List.copyOf(all);
        }
        for (String split : settings.splits()) {
            if (!all.contains(split)) {
                throw new UserError("EvaluateHook: the data set has no split '" + split + "' to evaluate"
                        + Nearest.suggest(split, all));
            }
        }
        return settings.splits();
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        // Not in beforeTrain: the hooks behind this one would hear of an evaluation before they heard of the run.
        if (settings.atStart() && context.progress().iteration() == 0) {
            evaluate(context, 0);
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        Progress p = context.progress();
        if (settings.afterIteration(p)) {
            evaluate(context, p.iteration() + 1);
        }
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) {
        Progress p = context.progress();
        if (settings.afterEpoch(p)) {
            evaluate(context, p.iteration());
        }
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        failed = true;
    }

    @Override
    public void afterTrain(TrainingContext context) {
        long done = context.progress().iteration();
        boolean hurry = context.stopReason().filter(r -> r.startsWith("SIG")).isPresent();
        if (settings.atEnd() && !failed && !hurry && done > 0) {
            evaluate(context, done);
        }
        if (!best.isEmpty()) {
            LOG.info("best: {}", best);
            context.event("best", best.toMap());
        }
    }

    private void evaluate(TrainingContext context, long completed) {
        if (evaluatedAt == completed) {
            return;
        }
        evaluatedAt = completed;
        evaluating = completed;
        try {
            for (String split : splits) {
                context.evaluation().evaluate(split);
            }
        } finally {
            evaluating = -1;
        }
    }

    /** Also after an evaluation that another hook asked for. */
    @Override
    public void afterEvaluate(TrainingContext context) {
        Progress p = context.progress();
        Metrics metrics = context.metrics();
        long completed = evaluating >= 0 ? evaluating : p.iteration();
        results(context.evaluation().splits(), metrics).forEach((name, series) -> {
            if (series.count() > seen.getOrDefault(name, 0L)) {
                seen.put(name, series.count());
                Boolean higher = higherIsBetter.get(name.substring(name.indexOf('/') + 1));
                if (higher != null) {
                    best.add(name, series.latest(), higher, p.epoch(), completed);
                    best.of(name).ifPresent(b -> metrics.put("best/" + name, b.value(), false));
                }
            }
        });
        share(context);
    }

    private void share(TrainingContext context) {
        context.shared().put(BEST, best.toMap());
    }

    private static Map<String, Metrics.Series> results(List<String> splits, Metrics metrics) {
        Map<String, Metrics.Series> results = new LinkedHashMap<>();
        for (String name : metrics.names()) {
            int slash = name.indexOf('/');
            if (slash > 0 && splits.contains(name.substring(0, slash))) {
                metrics.series(name).ifPresent(s -> results.put(name, s));
            }
        }
        return results;
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("evaluated_at", evaluatedAt);
        state.put("best", best.toMap());
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get("best") instanceof Map<?, ?> map)
                || !(state.get("evaluated_at") instanceof Number at)) {
            throw new IllegalArgumentException("state of version " + version + " with " + state.keySet()
                    + ", expected version " + stateVersion() + " with best and evaluated_at");
        }
        best = BestResults.of(map);
        evaluatedAt = at.longValue();
        restored = true;
    }
}
