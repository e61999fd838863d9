// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.function.Supplier;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Gradients;
import org.hookline.api.facet.Stepper;
import org.hookline.hook.optimizer.internal.OptimizerSettings.NonFinite;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backward pass and optimizer step. The gradients of the micro-batches of a step add up to the gradient of their mean
 * loss; they are clipped once, as a whole, and the step is done with the last of them, also where an accumulation is
 * incomplete at the end of an epoch.
 */
@Component(service = Hook.class, name = "OptimizerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = OptimizerConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class OptimizerHook implements Hook {
    private static final Logger LOG = LoggerFactory.getLogger(OptimizerHook.class);

    private final Supplier<OptimizerSettings> given;
    private OptimizerSettings settings = OptimizerSettings.DEFAULT;
    private long skippedHere;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public OptimizerHook(OptimizerConfig config) {
        given = () -> OptimizerSettings.of(config);
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how to step
     */
    public OptimizerHook(OptimizerSettings settings) {
        given = () -> settings;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        skippedHere = 0;
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        Gradients gradients = context.gradients();
        if (gradients.firstOfStep()) {
            gradients.zero();
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        Gradients gradients = context.gradients();
        gradients.backward(1.0 / gradients.microBatchesOfStep());
        if (!gradients.lastOfStep()) {
            return;
        }
        Stepper stepper = context.stepper();
        // Before clipping: clipping by a norm that is not finite would spread it to every gradient.
        if (settings.onNonfinite() != NonFinite.IGNORE && !gradients.isFinite()) {
            notFinite(context, gradients, stepper);
            return;
        }
        clip(context, gradients);
        stepper.step();
    }

    /** Norm first: limiting values afterwards only makes the norm smaller, so both limits hold at the end. */
    private void clip(TrainingContext context, Gradients gradients) {
        if (settings.maxNorm() > 0) {
            log(context, gradients.clipByNorm(settings.maxNorm()));
        } else if (settings.logGradNorm()) {
            log(context, gradients.norm());
        }
        if (settings.maxValue() > 0) {
            gradients.clipByValue(settings.maxValue());
        }
    }

    private void log(TrainingContext context, NDArray norm) {
        if (settings.logGradNorm()) {
            context.metrics().put("grad_norm", norm);
        } else {
            norm.close();
        }
    }

    private void notFinite(TrainingContext context, Gradients gradients, Stepper stepper) {
        if (settings.logGradNorm()) {
            context.metrics().put("grad_norm", gradients.norm());
        }
        long iteration = context.progress().iteration() + 1;
        if (settings.onNonfinite() == NonFinite.ABORT) {
            String loss = context.metrics().series("loss").map(s -> Double.toString(s.latest())).orElse("unknown");
            throw new ArithmeticException("a gradient is not finite in iteration " + iteration + " (loss " + loss
                    + ", learning rate " + stepper.learningRate()
                    + "); a lower learning rate or grad_clip may help, AutogradAnomalyDetectHook finds the operation");
        }
        stepper.skip();
        skippedHere++;
        // Said at the 1st, 2nd, 4th, 8th ... time: a run that has broken down must not flood its log.
        if (Long.bitCount(skippedHere) == 1) {
            LOG.warn("iteration {}: a gradient is not finite, step left out ({} so far)", iteration, skippedHere);
            context.event("step_skipped", Map.of("skipped", skippedHere));
        }
    }
}
