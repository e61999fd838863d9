// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.earlystopping.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
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
 * Stops the run, after the iteration, when a metric of the evaluations was no better than its best value for
 * {@code patience} evaluations in a row.
 */
@Component(service = Hook.class, name = "EarlyStoppingHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EarlyStoppingConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class EarlyStoppingHook implements StatefulHook, LiveHook<EarlyStoppingConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(EarlyStoppingHook.class);

    private final LiveSettings<EarlyStoppingConfig> given;
    private EarlyStoppingConfig config;
    private Map<String, Object> loaded = Map.of();
    private Patience patience;
    private String metric = "";
    private boolean higherIsBetter;
    private long seen;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public EarlyStoppingHook(EarlyStoppingConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(EarlyStoppingConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<EarlyStoppingConfig> liveSettings() {
        return given;
    }

    private static EarlyStoppingConfig checked(EarlyStoppingConfig config) {
        if (config.patience() < 1) {
            throw new UserError("EarlyStoppingHook: patience is " + config.patience() + ", expected 1 or more");
        }
        if (!(config.threshold() >= 0)) {
            throw new UserError("EarlyStoppingHook: threshold is " + config.threshold() + ", expected 0 or more");
        }
        patience(config);
        return config;
    }

    private static Patience patience(EarlyStoppingConfig config) {
        boolean relative = choice("threshold_mode", config.thresholdMode(), List.of("abs", "rel")).equals("rel");
        return new Patience(config.patience(), config.threshold(), relative, config.checkFinite());
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        patience = patience(config);
        chooseMetric(context);
        if (!loaded.isEmpty()) {
            patience.load(loaded);
            loaded = Map.of();
        }
        // What was found before is in the state, or was found before this hook was there.
        seen = context.metrics().series(metric).map(Metrics.Series::count).orElse(0L);
    }

    @Override
    public void settingsChanged(TrainingContext context, EarlyStoppingConfig before) {
        LiveSettings.fixed("EarlyStoppingHook: metric", before.metric(), given.get().metric());
        LiveSettings.fixed("EarlyStoppingHook: mode", before.mode(), given.get().mode());
        config = given.get();
        Map<String, Object> state = patience.save();
        patience = patience(config);
        patience.load(state);
    }

    private void chooseMetric(TrainingContext context) {
        Evaluation evaluation = context.evaluation();
        List<String> splits = evaluation.splits();
        if (splits.isEmpty()) {
            throw new UserError("EarlyStoppingHook: this run has no split to evaluate, expected data with a validation "
                    + "or test split");
        }
        List<Evaluation.MetricInfo> infos = new ArrayList<>(evaluation.metrics());
        if (infos.stream().noneMatch(m -> m.name().equals("loss"))) {
            infos.add(new Evaluation.MetricInfo("loss", false));
        }
        String wanted = config.metric().strip();
        metric = wanted.isEmpty()
                ? (splits.contains("validation") ? "validation" : splits.getFirst()) + "/loss" : wanted;
        Optional<Evaluation.MetricInfo> info = infos.stream()
                .filter(m -> splits.stream().anyMatch(s -> metric.equals(s + "/" + m.name()))).findFirst();
        if (info.isEmpty()) {
            List<String> known = splits.stream().flatMap(s -> infos.stream().map(m -> s + "/" + m.name())).toList();
            throw new UserError("EarlyStoppingHook: there is no metric '" + metric + "' of an evaluation"
                    + Nearest.suggest(metric, known));
        }
        String mode = choice("mode", config.mode(), List.of("auto", "min", "max"));
        higherIsBetter = mode.equals("auto") ? info.get().higherIsBetter() : mode.equals("max");
    }

    private static String choice(String key, String given, List<String> known) {
        String wanted = given.strip();
        return known.stream().filter(wanted::equalsIgnoreCase).findFirst().orElseThrow(() -> new UserError(
                "EarlyStoppingHook: " + key + " is '" + given + "'" + Nearest.suggest(wanted, known)));
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        Optional<Metrics.Series> series = context.metrics().series(metric);
        // An evaluation of another split brings no new value.
        if (series.isEmpty() || series.get().count() == seen) {
            return;
        }
        seen = series.get().count();
        double value = series.get().latest();
        switch (patience.add(value, higherIsBetter, context.progress().iteration())) {
            case BETTER -> {}
            case WAITS -> LOG.debug("{} is {}, no better than {} for {} evaluations", metric, value, patience.best(),
                    patience.waited());
            case EXHAUSTED -> stop(context, value, metric + " is " + value + ", no better than " + patience.best()
                    + " of iteration " + patience.bestIteration() + " for " + patience.waited() + " evaluations");
            case NOT_FINITE -> stop(context, value, metric + " is " + value + ", which is not finite");
        }
    }

    private void stop(TrainingContext context, double value, String reason) {
        context.event("early_stop", Map.of("metric", metric, "value", value, "best", patience.best(),
                "best_iteration", patience.bestIteration()));
        context.stop(context.hookName() + ": " + reason);
    }

    @Override
    public Map<String, Object> saveState() {
        return patience == null ? loaded : patience.save();
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        new Patience(1, 0, false, false).load(state);
        loaded = Map.copyOf(state);
    }
}
