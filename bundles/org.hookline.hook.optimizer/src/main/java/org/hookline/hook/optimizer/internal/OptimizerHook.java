// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.stepping.OptimizerStep;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Backward pass and optimizer step. The gradients of the micro-batches of a step add up to the gradient of their mean
 * loss; they are clipped once, as a whole, and the step is done with the last of them, also where an accumulation is
 * incomplete at the end of an epoch.
 */
@Component(service = Hook.class, name = "OptimizerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = OptimizerConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class OptimizerHook implements LiveHook<OptimizerSettings> {
    private final LiveSettings<OptimizerSettings> given;
    private OptimizerStep step;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public OptimizerHook(OptimizerConfig config) {
        given = LiveSettings.of(() -> OptimizerSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(OptimizerConfig config) {
        given.offer(() -> OptimizerSettings.of(config));
    }

    @Override
    public LiveSettings<OptimizerSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how to step
     */
    public OptimizerHook(OptimizerSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        OptimizerSettings settings = given.get();
        step = new OptimizerStep(settings.clipping(), settings.onNonfinite());
        step.claim(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, OptimizerSettings before) {
        step.use(given.get().clipping(), given.get().onNonfinite());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        step.begin(context);
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        if (!step.backward(context, 1)) {
            return;
        }
        if (step.isUsable(context)) {
            step.finish(context);
        } else {
            step.skip(context, Map.of());
        }
    }
}
