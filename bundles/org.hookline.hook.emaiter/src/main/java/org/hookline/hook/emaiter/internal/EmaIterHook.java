// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaiter.internal;

import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.averaging.AveragedWeights;
import org.hookline.averaging.AveragingHook;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * An exponential moving average of the weights of any model. It is updated after real optimizer steps, with one
 * operation on the flat array of all parameters, and it is what evaluations see. Other hooks find it under
 * {@link AveragedWeights#EMA}.
 */
@Component(service = Hook.class, name = "EMAIterHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EmaIterConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class EmaIterHook extends AveragingHook<EmaSettings> {
    /** Updates so far. */
    private final Count updates = count("updates");

    /** The optimizer step after which the average started. */
    private final Count origin = count("origin");

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public EmaIterHook(EmaIterConfig config) {
        this(LiveSettings.of(() -> EmaSettings.of(config)));
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how the average is kept
     */
    public EmaIterHook(EmaSettings settings) {
        this(LiveSettings.of(() -> settings));
    }

    private EmaIterHook(LiveSettings<EmaSettings> settings) {
        super("EMAIterHook", AveragedWeights.EMA, settings);
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(EmaIterConfig config) {
        liveSettings().offer(() -> EmaSettings.of(config));
    }

    @Override
    protected boolean evaluatesAverage() {
        return settings().evaluate();
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        super.beforeTrain(context);
        if (!average().started()) {
            startWhenDue(context);
        }
    }

    private void startWhenDue(TrainingContext context) {
        long steps = context.stepper().steps();
        if (steps >= settings().start()) {
            start(context);
            origin.set(steps);
        }
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        if (!average().started()) {
            startWhenDue(context);
        } else if ((context.stepper().steps() - origin.get()) % settings().interval() == 0) {
            average().move(context, settings().decayAt(updates.get()));
            updates.increment();
        }
    }

    @Deactivate
    @Override
    public void close() {
        super.close();
    }
}
