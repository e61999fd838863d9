// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.swa.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Stepper;
import org.hookline.averaging.AveragedWeights;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stochastic weight averaging (Izmailov et al. 2018): the equal average of the weights at several moments late in the
 * run. Running statistics of batch normalisation are not computed anew; they are those of the last weights.
 *
 * <p>Its level is HIGH, behind the default hooks of that level: after the learning-rate schedule and the optimizer, and
 * before the last evaluation and the last checkpoint, which are to see the average.
 */
@Component(service = Hook.class, name = "SWAHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = SwaConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class SwaHook implements StatefulHook, LiveHook<SwaSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(SwaHook.class);

    private final LiveSettings<SwaSettings> given;
    private final AveragedWeights average = new AveragedWeights();
    private SwaSettings settings;
    private boolean loaded;
    private boolean failed;

    /** Moments in the average. */
    private long moments;

    /** Optimizer steps since the last one. */
    private long stepsSince;

    /** The schedule's learning rate while ours holds; NaN while it does not. */
    private double scheduled = Double.NaN;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public SwaHook(SwaConfig config) {
        given = LiveSettings.of(() -> SwaSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(SwaConfig config) {
        given.offer(() -> SwaSettings.of(config));
    }

    @Override
    public LiveSettings<SwaSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how weights are averaged
     */
    public SwaHook(SwaSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        failed = false;
        scheduled = Double.NaN;
        if (loaded) {
            average.join(context.weights());
            loaded = false;
        } else {
            average.close();
            moments = 0;
            stepsSince = 0;
        }
        share(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, SwaSettings before) {
        settings = given.get();
    }

    private void share(TrainingContext context) {
        average.array().ifPresent(a -> context.shared().put(AveragedWeights.SWA, a));
    }

    private boolean on(Progress p) {
        return p.iteration() >= settings.first(p);
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        // Where an evaluation failed half-way and the run goes on without the hook that asked for it.
        average.leave(context);
        if (settings.learningRate() > 0 && on(context.progress())) {
            Stepper stepper = context.stepper();
            scheduled = stepper.learningRate();
            stepper.setLearningRate(settings.learningRate());
        }
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        if (settings.interval() > 0 && on(context.progress()) && ++stepsSince >= settings.interval()) {
            stepsSince = 0;
            add(context);
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        giveBackRate(context);
        Progress p = context.progress();
        if (settings.interval() == 0 && on(p) && p.innerIteration() + 1 >= p.innerIterations()) {
            add(context);
        }
    }

    /** The schedule finds its own learning rate again: it would take ours for one that a person set. */
    private void giveBackRate(TrainingContext context) {
        if (!Double.isNaN(scheduled)) {
            if (context.stepper().learningRate() == settings.learningRate()) {
                context.stepper().setLearningRate(scheduled);
            }
            scheduled = Double.NaN;
        }
    }

    private void add(TrainingContext context) {
        if (average.started()) {
            average.move(context, moments / (moments + 1.0));
        } else {
            average.start(context.weights());
            share(context);
        }
        moments++;
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        if (settings.evaluate()) {
            average.enter(context);
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        average.leave(context);
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        failed = true;
        average.leave(context);
    }

    @Override
    public void afterTrain(TrainingContext context) {
        average.leave(context);
        Progress p = context.progress();
        if (settings == null || !settings.applyAtEnd() || failed || p.iteration() < p.iterations()) {
            return;
        }
        if (average.started()) {
            context.shared().remove(AveragedWeights.SWA);
            average.apply(context);
            LOG.info("the weights are now the average of {} moments", moments);
            context.event("swa_applied", Map.of("moments", moments));
        } else {
            LOG.warn("the run ended before the first moment to be averaged: the weights stay as they are");
        }
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        average.save(state);
        state.put("moments", moments);
        state.put("steps_since", stepsSince);
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        long savedMoments = number(state, "moments");
        long savedSteps = number(state, "steps_since");
        average.load(state);
        moments = savedMoments;
        stepsSince = savedSteps;
        loaded = true;
    }

    private static long number(Map<String, Object> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n.longValue();
        }
        throw new IllegalArgumentException("state of SWAHook has no number '" + key + "'");
    }

    /** Frees the average, where the hook leaves before its run ends. */
    @Deactivate
    public void close() {
        average.close();
    }
}
