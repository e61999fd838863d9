// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.swa.internal;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Stepper;
import org.hookline.averaging.AveragedWeights;
import org.hookline.averaging.AveragingHook;
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
public final class SwaHook extends AveragingHook<SwaSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(SwaHook.class);

    /** Moments in the average. */
    private final Count moments = count("moments");

    /** Optimizer steps since the last one. */
    private final Count stepsSince = count("steps_since");

    /** The schedule's learning rate while ours holds; NaN while it does not. */
    private double scheduled = Double.NaN;

    private boolean failed;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public SwaHook(SwaConfig config) {
        this(LiveSettings.of(() -> SwaSettings.of(config)));
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how weights are averaged
     */
    public SwaHook(SwaSettings settings) {
        this(LiveSettings.of(() -> settings));
    }

    private SwaHook(LiveSettings<SwaSettings> settings) {
        super("SWAHook", AveragedWeights.SWA, settings);
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(SwaConfig config) {
        liveSettings().offer(() -> SwaSettings.of(config));
    }

    @Override
    protected boolean evaluatesAverage() {
        return settings().evaluate();
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        failed = false;
        scheduled = Double.NaN;
        super.beforeTrain(context);
    }

    private boolean on(Progress p) {
        return p.iteration() >= settings().first(p);
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        super.beforeTrainIter(context);
        if (settings().learningRate() > 0 && on(context.progress())) {
            Stepper stepper = context.stepper();
            scheduled = stepper.learningRate();
            stepper.setLearningRate(settings().learningRate());
        }
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        if (settings().interval() > 0 && on(context.progress())) {
            stepsSince.increment();
            if (stepsSince.get() >= settings().interval()) {
                stepsSince.set(0);
                add(context);
            }
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        giveBackRate(context);
        Progress p = context.progress();
        if (settings().interval() == 0 && on(p) && p.innerIteration() + 1 >= p.innerIterations()) {
            add(context);
        }
    }

    /** The schedule finds its own learning rate again: it would take ours for one that a person set. */
    private void giveBackRate(TrainingContext context) {
        if (!Double.isNaN(scheduled)) {
            if (context.stepper().learningRate() == settings().learningRate()) {
                context.stepper().setLearningRate(scheduled);
            }
            scheduled = Double.NaN;
        }
    }

    private void add(TrainingContext context) {
        if (average().started()) {
            average().move(context, moments.get() / (moments.get() + 1.0));
        } else {
            start(context);
        }
        moments.increment();
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        failed = true;
        super.onException(context, failure);
    }

    @Override
    public void afterTrain(TrainingContext context) {
        super.afterTrain(context);
        Progress p = context.progress();
        if (failed || !settings().applyAtEnd() || p.iteration() < p.iterations()) {
            return;
        }
        if (average().started()) {
            context.shared().remove(AveragedWeights.SWA);
            average().apply(context);
            LOG.info("the weights are now the average of {} moments", moments.get());
            context.event("swa_applied", Map.of("moments", moments.get()));
        } else {
            LOG.warn("the run ended before the first moment to be averaged: the weights stay as they are");
        }
    }

    @Deactivate
    @Override
    public void close() {
        super.close();
    }
}
