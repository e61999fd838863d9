// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import java.util.LinkedHashMap;
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
import org.hookline.api.facet.Stepper;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets the learning rate of each optimizer step and logs the one that was used.
 *
 * <p>It is set before a micro-batch and not after the step before it, so that it is right whatever the order of the
 * hooks is, at the first step, after a resume and for a hook that joins late. It counts real optimizer steps: a step
 * that was left out does not count.
 *
 * <p>A learning rate that somebody else set is what the next step uses; from there the schedule goes on in proportion,
 * and says so.
 */
@Component(service = Hook.class, name = "LRSchedulerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = LrSchedulerConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class LrSchedulerHook implements StatefulHook, LiveHook<LrSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(LrSchedulerHook.class);

    private final LiveSettings<LrSettings> given;
    private Map<String, Object> loaded = Map.of();

    // Of the run.
    private LrSettings settings;
    private LearningRate rate;
    private Course course = new Course(0);
    private Plateau plateau;
    private String metric = "";
    private boolean higherIsBetter;
    private long seen;

    /** What this hook set last; NaN before the first time. */
    private double lastSet = Double.NaN;

    /** A learning rate that somebody else set; NaN without. */
    private double chosen = Double.NaN;

    /** The schedule's own value at the moment of that. */
    private double chosenInsteadOf = Double.NaN;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public LrSchedulerHook(LrSchedulerConfig config) {
        given = LiveSettings.of(() -> LrSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(LrSchedulerConfig config) {
        given.offer(() -> LrSettings.of(config));
    }

    @Override
    public LiveSettings<LrSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how the learning rate goes
     */
    public LrSchedulerHook(LrSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        Stepper stepper = context.stepper();
        rate = settings.over(stepper.plannedSteps(), epochs(context.progress()));
        course = new Course(context.progress().iterations());
        lastSet = Double.NaN;
        chosen = Double.NaN;
        chosenInsteadOf = Double.NaN;
        plateau = settings.plateau().map(Plateau::new).orElse(null);
        if (plateau != null) {
            chooseMetric(context);
        }
        if (!loaded.isEmpty()) {
            take(loaded);
            loaded = Map.of();
        } else if (context.late() && settings.curve() instanceof Schedule.Constant) {
            // Nobody ran this schedule so far: what holds now is what somebody chose.
            choose(stepper.learningRate(), scheduled(context));
        }
        apply(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, LrSettings before) {
        String metricBefore = metric;
        boolean higherBefore = higherIsBetter;
        Plateau plateauBefore = plateau;
        try {
            settings = given.get();
            rate = settings.over(context.stepper().plannedSteps(), epochs(context.progress()));
            plateau = settings.plateau().map(Plateau::new).orElse(null);
            if (plateau != null) {
                long seenBefore = seen;
                chooseMetric(context);
                if (plateauBefore != null && metric.equals(metricBefore)) {
                    plateau.load(plateauBefore.save());
                    seen = seenBefore;
                }
            }
        } catch (RuntimeException e) {
            settings = before;
            rate = settings.over(context.stepper().plannedSteps(), epochs(context.progress()));
            metric = metricBefore;
            higherIsBetter = higherBefore;
            plateau = plateauBefore;
            throw e;
        }
    }

    private static double epochs(Progress p) {
        return p.mode() == Progress.Mode.BY_EPOCH || p.innerIterations() == 0
                ? p.epochs()
                : Math.ceil((double) p.iterations() / p.innerIterations());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        apply(context);
    }

    private void apply(TrainingContext context) {
        Stepper stepper = context.stepper();
        double now = stepper.learningRate();
        double scheduled = scheduled(context);
        if (!Double.isNaN(lastSet) && now != lastSet) {
            changedBySomebody(context, now, scheduled);
        }
        double wanted = scheduled;
        if (!Double.isNaN(chosen)) {
            // Without the case of equality, rounding would change by a hair what somebody chose.
            wanted = scheduled == chosenInsteadOf ? chosen : scheduled * (chosen / chosenInsteadOf);
        }
        if (wanted != now) {
            stepper.setLearningRate(wanted);
        }
        lastSet = wanted;
    }

    /** The learning rate without what somebody chose. */
    private double scheduled(TrainingContext context) {
        Stepper stepper = context.stepper();
        Progress p = context.progress();
        double position = course.at(stepper.steps(), stepper.plannedSteps());
        double value = rate.at(
                new LearningRate.Moment(stepper.steps(), position, course.planned(), p.epoch(), epochs(p)),
                stepper.baseLearningRate());
        return plateau == null ? value : value * plateau.reduction();
    }

    private void changedBySomebody(TrainingContext context, double now, double scheduled) {
        if (scheduled > 0) {
            choose(now, scheduled);
            LOG.info("learning rate {} was set from outside in place of {}; the schedule goes on from it", now,
                    lastSet);
            context.event("lr_changed", Map.of("from", lastSet, "to", now));
        } else {
            LOG.warn("learning rate {} was set from outside where the schedule has 0: there is nothing to go on from, "
                    + "it holds until the schedule rises", now);
        }
    }

    private void choose(double value, double insteadOf) {
        if (insteadOf > 0 && value != insteadOf) {
            chosen = value;
            chosenInsteadOf = insteadOf;
        } else {
            chosen = Double.NaN;
            chosenInsteadOf = Double.NaN;
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        context.metrics().put("lr", context.stepper().learningRate(), false);
        if (plateau != null && !ofEvaluation()) {
            Progress p = context.progress();
            if (p.innerIteration() + 1 >= p.innerIterations()) {
                Metrics.Series series = context.metrics().series(metric).orElseThrow(() -> unknown(context));
                watch(context, series.mean(p.innerIterations()));
            }
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        if (plateau == null || !ofEvaluation()) {
            return;
        }
        Optional<Metrics.Series> series = context.metrics().series(metric);
        if (series.isPresent() && series.get().count() > seen) {
            seen = series.get().count();
            watch(context, series.get().latest());
        } else if (series.isEmpty() && evaluated(context)) {
            throw unknown(context);
        }
    }

    /** Whether the metric's split was evaluated: then the metric would be there if it existed. */
    private boolean evaluated(TrainingContext context) {
        String split = metric.substring(0, metric.indexOf('/') + 1);
        return context.metrics().names().stream().anyMatch(n -> n.startsWith(split));
    }

    private UserError unknown(TrainingContext context) {
        return new UserError("LRSchedulerHook: there is no metric '" + metric + "' for schedule plateau"
                + Nearest.suggest(metric, context.metrics().names()));
    }

    private void watch(TrainingContext context, double value) {
        if (plateau.add(value, higherIsBetter, context.stepper().baseLearningRate())) {
            LOG.info("{} is no better than {} for long enough: learning rate lowered, {} of the schedule's now", metric,
                    plateau.best(), plateau.reduction());
            context.event("lr_reduced", Map.of("metric", metric, "value", value, "best", plateau.best(),
                    "reduction", plateau.reduction()));
        }
    }

    private void chooseMetric(TrainingContext context) {
        List<String> splits = context.findFacet(Evaluation.class).map(Evaluation::splits).orElse(List.of());
        metric = settings.metric();
        if (metric.isEmpty()) {
            if (splits.isEmpty()) {
                throw new UserError("LRSchedulerHook: schedule plateau watches the loss of an evaluation, but this run "
                        + "has no split to evaluate; expected metric: loss, for that of training");
            }
            metric = (splits.contains("validation") ? "validation" : splits.getFirst()) + "/loss";
        }
        int slash = metric.indexOf('/');
        if (slash > 0 && !splits.contains(metric.substring(0, slash))) {
            throw new UserError("LRSchedulerHook: metric '" + metric + "' is of a split that this run does not evaluate"
                    + Nearest.suggest(metric.substring(0, slash), splits));
        }
        String shortName = metric.substring(slash + 1);
        higherIsBetter = settings.higherIsBetter().orElseGet(() -> context.findFacet(Evaluation.class)
                .flatMap(e -> e.metrics().stream().filter(m -> m.name().equals(shortName)).findFirst())
                .map(Evaluation.MetricInfo::higherIsBetter)
                .orElseGet(() -> {
                    if (shortName.contains("loss")) {
                        return false;
                    }
                    throw new UserError("LRSchedulerHook: metric '" + metric
                            + "' does not say whether higher is better, expected mode: min or mode: max");
                }));
        seen = context.metrics().series(metric).map(Metrics.Series::count).orElse(0L);
    }

    private boolean ofEvaluation() {
        return metric.indexOf('/') > 0;
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        if (!Double.isNaN(chosen)) {
            state.put("chosen", chosen);
            state.put("chosenInsteadOf", chosenInsteadOf);
        }
        state.put("course", course.save());
        if (plateau != null) {
            state.put("plateau", plateau.save());
        }
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        loaded = state;
    }

    private void take(Map<String, Object> state) {
        if (state.get("chosen") instanceof Number c && state.get("chosenInsteadOf") instanceof Number i) {
            chosen = c.doubleValue();
            chosenInsteadOf = i.doubleValue();
        }
        if (state.get("course") instanceof Map<?, ?> c) {
            course.load(c);
        }
        if (plateau != null && state.get("plateau") instanceof Map<?, ?> p) {
            plateau.load(p);
        }
    }
}
