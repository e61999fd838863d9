// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.stopat.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
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

/** Stops the run, after the iteration, at a time, at an iteration or when a metric has reached a value. */
@Component(service = Hook.class, name = "StopAtHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = StopAtConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class StopAtHook implements StatefulHook, LiveHook<StopAtConfig> {
    /** As many values as a series keeps. */
    private static final long HISTORY = 65_536;

    private final LiveSettings<StopAtConfig> given;
    private StopAtConfig config;
    private Optional<Duration> time = Optional.empty();
    private Optional<Condition> condition = Optional.empty();
    private boolean ofEvaluation;

    /** How many values the metric had when it was last looked at; of a state before the run, with the metric's name. */
    private long seen;

    private Optional<String> restored = Optional.empty();

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public StopAtHook(StopAtConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(StopAtConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<StopAtConfig> liveSettings() {
        return given;
    }

    private static Optional<Duration> time(StopAtConfig config) {
        return config.time().isBlank() ? Optional.empty() : Optional.of(TimeLimit.parse(config.time()));
    }

    private static Optional<Condition> condition(StopAtConfig config) {
        return config.metric().isBlank() ? Optional.empty() : Optional.of(Condition.parse(config.metric()));
    }

    private static StopAtConfig checked(StopAtConfig config) {
        if (config.iteration() < 0) {
            throw new UserError("StopAtHook: iteration is " + config.iteration() + ", expected 0 or more");
        }
        if (config.period() < 1) {
            throw new UserError("StopAtHook: period is " + config.period() + ", expected 1 or more");
        }
        if (time(config).isEmpty() && condition(config).isEmpty() && config.iteration() == 0) {
            throw new UserError("StopAtHook: it has nothing to stop at, expected time, iteration or metric");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        time = time(config);
        condition = condition(config);
        long seenBefore = seen;
        condition.ifPresent(c -> look(context, c));
        if (condition.map(Condition::metric).equals(restored) && restored.isPresent()) {
            seen = seenBefore;
        }
        restored = Optional.empty();
    }

    @Override
    public void settingsChanged(TrainingContext context, StopAtConfig before) {
        Optional<Condition> fresh = condition(given.get());
        if (!given.get().metric().equals(before.metric())) {
            fresh.ifPresent(c -> look(context, c));
        }
        config = given.get();
        time = time(config);
        condition = fresh;
    }

    private void look(TrainingContext context, Condition c) {
        int slash = c.metric().indexOf('/');
        ofEvaluation = slash > 0;
        if (ofEvaluation) {
            List<String> splits = context.findFacet(Evaluation.class).map(Evaluation::splits).orElse(List.of());
            String split = c.metric().substring(0, slash);
            if (!splits.contains(split)) {
                throw new UserError("StopAtHook: metric '" + c.metric() + "' is of a split that this run does not "
                        + "evaluate" + Nearest.suggest(split, splits));
            }
        }
        seen = context.metrics().series(c.metric()).map(Metrics.Series::count).orElse(0L);
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        Progress p = context.progress();
        long done = p.iteration() + 1;
        if (config.iteration() > 0 && done >= config.iteration()) {
            stop(context, "iteration " + done + " is done");
        } else if (time.isPresent()
                && Duration.between(context.run().started(), Instant.now()).compareTo(time.get()) >= 0) {
            // Not the progress' time, which goes on in a resumed run: that run would stop at once.
            stop(context, "the time of " + config.time() + " is over");
        } else if (condition.isPresent() && !ofEvaluation && done % config.period() == 0) {
            Metrics.Series series = series(context, condition.get());
            int fresh = (int) Math.min(series.count() - seen, HISTORY);
            seen = series.count();
            if (fresh > 0) {
                test(context, condition.get(), series.median(fresh));
            }
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        if (condition.isEmpty() || !ofEvaluation) {
            return;
        }
        Condition c = condition.get();
        String split = c.metric().substring(0, c.metric().indexOf('/') + 1);
        if (context.metrics().names().stream().noneMatch(n -> n.startsWith(split))) {
            return;
        }
        Metrics.Series series = series(context, c);
        if (series.count() > seen) {
            seen = series.count();
            test(context, c, series.latest());
        }
    }

    private static Metrics.Series series(TrainingContext context, Condition c) {
        return context.metrics().series(c.metric()).orElseThrow(() -> new UserError("StopAtHook: there is no metric '"
                + c.metric() + "'" + Nearest.suggest(c.metric(), context.metrics().names())));
    }

    private void test(TrainingContext context, Condition c, double value) {
        if (c.holds(value)) {
            stop(context, c.metric() + " is " + value + ", " + c + " is reached");
        }
    }

    private void stop(TrainingContext context, String why) {
        String reason = context.hookName() + ": " + why;
        if (config.checkpoint()) {
            context.checkpoint(reason);
        }
        context.stop(reason);
    }

    @Override
    public Map<String, Object> saveState() {
        return condition.<Map<String, Object>>map(c -> Map.of("metric", c.metric(), "seen", seen)).orElse(Map.of());
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        restored = Optional.empty();
        if (state.get("metric") instanceof String metric && state.get("seen") instanceof Long count) {
            restored = Optional.of(metric);
            seen = count;
        }
    }
}
