// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.momentumscheduler.internal;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Stepper;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Sets the momentum of each optimizer step and logs the one that was used as {@code momentum}. It is set before the
 * first micro-batch of a step, from where the run is, so that it is right after a resume and for a hook that joins
 * late.
 */
@Component(service = Hook.class, name = "MomentumSchedulerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = MomentumSchedulerConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class MomentumSchedulerHook implements StatefulHook, LiveHook<MomentumSchedulerConfig> {
    private final LiveSettings<MomentumSchedulerConfig> given;
    private MomentumSchedulerConfig config;
    private MomentumCurve curve = MomentumCurve.COSINE;

    /** The optimizer's own momentum, where the schedule starts from it; NaN before the run. */
    private double own = Double.NaN;

    private boolean loaded;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public MomentumSchedulerHook(MomentumSchedulerConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(MomentumSchedulerConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<MomentumSchedulerConfig> liveSettings() {
        return given;
    }

    private static MomentumSchedulerConfig checked(MomentumSchedulerConfig config) {
        MomentumCurve.parse(config.schedule());
        check("start", config.start());
        check("end", config.end());
        if (config.total() < 0) {
            throw new UserError("MomentumSchedulerHook: total is " + config.total() + ", expected 0 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        curve = MomentumCurve.parse(config.schedule());
        if (!loaded) {
            own = context.stepper().momentum();
        }
        loaded = false;
        apply(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, MomentumSchedulerConfig before) {
        config = given.get();
        curve = MomentumCurve.parse(config.schedule());
        apply(context);
    }

    private static void check(String key, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new UserError("MomentumSchedulerHook: " + key + " is " + value + ", expected 0 up to below 1");
        }
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        if (context.gradients().firstOfStep()) {
            apply(context);
        }
    }

    private void apply(TrainingContext context) {
        Stepper stepper = context.stepper();
        Progress p = context.progress();
        double start = config.start() > 0 ? config.start() : own;
        // Over the whole run the iterations count: at the start of a step they are as far on their way as the steps
        // are, and where the accumulation changes in the middle, they neither jump nor miss the end.
        double wanted = config.total() > 0
                ? curve.at(start, config.end(), stepper.steps(), config.total())
                : curve.at(start, config.end(), p.iteration(), p.iterations());
        if (wanted != stepper.momentum()) {
            stepper.setMomentum(wanted);
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        context.metrics().put("momentum", context.stepper().momentum(), false);
    }

    @Override
    public Map<String, Object> saveState() {
        return Double.isNaN(own) ? Map.of() : Map.of("own", own);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get("own") instanceof Number n)) {
            throw new IllegalArgumentException("state of version " + version + " has no number 'own', expected version "
                    + stateVersion());
        }
        own = n.doubleValue();
        loaded = true;
    }
}
