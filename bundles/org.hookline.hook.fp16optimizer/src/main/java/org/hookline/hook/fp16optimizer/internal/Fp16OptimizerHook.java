// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Precision;
import org.hookline.stepping.OptimizerStep;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backward pass and optimizer step in mixed precision, in the place of OptimizerHook. Forward passes compute under
 * autocast; weights, gradients and optimizer stay float32. In fp16 the loss is multiplied by a dynamic scale, so that
 * small gradients do not vanish; the scale is taken out once for each step, from the accumulated gradients, before they
 * are clipped; where one of them is not finite, the step is left out and the scale shrinks. bf16 has the range of
 * float32 and needs no scale.
 *
 * <p>In fp16 each step reads one value from the device: whether to step cannot be known otherwise. In bf16 nothing is
 * read.
 */
@Component(service = Hook.class, name = "Fp16OptimizerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = Fp16OptimizerConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class Fp16OptimizerHook implements StatefulHook, LiveHook<Fp16OptimizerSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(Fp16OptimizerHook.class);

    private final LiveSettings<Fp16OptimizerSettings> given;
    private Map<String, Object> loaded = Map.of();
    private OptimizerStep step;
    private LossScale scale;
    /** What the gradients of the step in progress are multiplied by; 1 without a scale. */
    private double scaleOfStep = 1;
    private boolean scaled;
    /** Whether it has seen an iteration of this run. */
    private boolean begun;
    /** Whether gradients that are there when it begins come from a hook of its kind, with the scale in them. */
    private boolean ownGradients;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public Fp16OptimizerHook(Fp16OptimizerConfig config) {
        given = LiveSettings.of(() -> Fp16OptimizerSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(Fp16OptimizerConfig config) {
        given.offer(() -> Fp16OptimizerSettings.of(config));
    }

    @Override
    public LiveSettings<Fp16OptimizerSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how to step
     */
    Fp16OptimizerHook(Fp16OptimizerSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        Fp16OptimizerSettings settings = given.get();
        step = new OptimizerStep(settings.clipping(), settings.onNonfinite());
        step.claim(context);
        scale = new LossScale(settings.scale());
        begun = false;
        ownGradients = !context.late() || !loaded.isEmpty();
        if (!loaded.isEmpty()) {
            scale.load(loaded);
            loaded = Map.of();
        }
    }

    @Override
    public void settingsChanged(TrainingContext context, Fp16OptimizerSettings before) {
        Fp16OptimizerSettings now = given.get();
        LiveSettings.fixed("Fp16OptimizerHook: init_scale", before.scale().initial(), now.scale().initial());
        step.use(now.clipping(), now.onNonfinite());
        scale.use(now.scale());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        if (!step.begin(context)) {
            return;
        }
        boolean first = context.gradients().firstOfStep();
        if (first || !begun) {
            take(context);
        }
        if (!first && !begun && !ownGradients && scaled) {
            // What another optimizer hook has gathered for this step has no scale yet.
            context.gradients().scale(scaleOfStep);
        }
        begun = true;
    }

    /** The scale holds for a whole step, also if the precision is changed in the middle of it. */
    private void take(TrainingContext context) {
        Precision precision = context.precision();
        if (!begun && precision.type() == Precision.Type.FP32) {
            LOG.info("the run's precision is fp32; {} computes in fp16", context.hookName());
            precision.setType(Precision.Type.FP16);
        }
        scaled = precision.type() == Precision.Type.FP16;
        scaleOfStep = scaled ? scale.now() : 1;
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        if (!step.backward(context, scaleOfStep)) {
            return;
        }
        boolean usable;
        Map<String, Double> change = Map.of();
        if (scaled) {
            usable = context.gradients().unscale(scaleOfStep);
            scale.update(usable);
            context.metrics().put("loss_scale", scaleOfStep, false);
            change = Map.of("loss_scale", scale.now());
        } else {
            usable = step.isUsable(context);
        }
        if (usable) {
            step.finish(context);
        } else {
            step.skip(context, change);
            if (scaled && scale.exhausted()) {
                throw OptimizerStep.notFinite(context, "the loss scale has fallen to " + scale.now()
                        + ", below min_scale: it is not the scale; a lower learning rate, grad_clip or bf16 may help");
            }
        }
    }

    @Override
    public Map<String, Object> saveState() {
        return scale == null ? loaded : scale.save();
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        new LossScale(LossScale.Settings.DEFAULT).load(state);
        loaded = Map.copyOf(state);
    }
}
