// SPDX-License-Identifier: Apache-2.0
package org.hookline.stepping;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.SharedData;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Gradients;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One optimizer step of several micro-batches, in the parts that an optimizer hook puts together: {@link #claim} once,
 * {@link #begin} before each forward pass, {@link #backward} after it, and with the last micro-batch {@link #isUsable}
 * and {@link #finish}, or {@link #skip}. The gradients of the micro-batches add up to the gradient of their mean loss;
 * they are clipped once, as a whole. Training thread only.
 */
public final class OptimizerStep {
    private static final Logger LOG = LoggerFactory.getLogger(OptimizerStep.class);

    /** Who steps in this run. */
    private static final SharedData.Key<String> OWNER = new SharedData.Key<>("optimizer.hook", String.class);

    private Clipping clipping;
    private NonFinite onNonfinite;
    private boolean mine;
    private boolean told;
    private long skippedHere;

    /**
     * Makes a step.
     *
     * @param clipping the limits
     * @param onNonfinite what happens when a gradient is infinite or NaN
     */
    public OptimizerStep(Clipping clipping, NonFinite onNonfinite) {
        this.clipping = clipping;
        this.onNonfinite = onNonfinite;
    }

    /**
     * Has other limits from now on. A step in progress goes on with what it has accumulated, and is clipped by the new
     * ones.
     *
     * @param limits the limits
     * @param policy what happens when a gradient is infinite or NaN
     */
    public void use(Clipping limits, NonFinite policy) {
        clipping = limits;
        onNonfinite = policy;
    }

    /**
     * To be called when the hook begins or joins a run: a run has one optimizer hook. One that joins while the run goes
     * on stands aside for as long as there is another one, which may be about to leave.
     *
     * @param context the run
     * @throws UserError if there is another one at the start of a run
     */
    public void claim(TrainingContext context) {
        if (!context.late()) {
            Optional<String> other = other(context);
            if (other.isPresent()) {
                throw new UserError("the run has an optimizer hook already, " + other.get() + ": two would do backward "
                        + "twice; leave one of " + other.get() + " and " + context.hookName() + " out");
            }
            take(context);
        }
    }

    private static Optional<String> other(TrainingContext context) {
        return context.shared().get(OWNER).filter(name -> !name.equals(context.hookName()));
    }

    private void take(TrainingContext context) {
        context.shared().put(OWNER, context.hookName());
        mine = true;
    }

    /**
     * To be called before the forward pass of a micro-batch: the first of a step starts from no gradients.
     *
     * @param context the run
     * @return false where another optimizer hook does the work, and this one is to do nothing
     */
    public boolean begin(TrainingContext context) {
        if (!mine) {
            Optional<String> other = other(context);
            if (other.isPresent()) {
                if (!told) {
                    told = true;
                    LOG.error("{} stands aside: the run has an optimizer hook already, {}", context.hookName(),
                            other.get());
                }
                return false;
            }
            take(context);
        }
        Gradients gradients = context.gradients();
        if (gradients.firstOfStep()) {
            gradients.zero();
        }
        return true;
    }

    /**
     * Does the backward pass of a micro-batch, as its share of the step.
     *
     * @param context the run
     * @param lossScale by which the gradients are larger than they are, 1 for not at all
     * @return true where this was the last micro-batch of the step, also of one that is incomplete, and a step is due
     */
    public boolean backward(TrainingContext context, double lossScale) {
        if (!mine) {
            return false;
        }
        Gradients gradients = context.gradients();
        gradients.backward(lossScale / gradients.microBatchesOfStep());
        return gradients.lastOfStep();
    }

    /**
     * Looks for gradients that are not finite, where the policy wants it. It comes before clipping: clipping by a norm
     * that is not finite would spread it to every gradient. Reads from the device unless the policy is to ignore them.
     *
     * @param context the run
     * @return false where the step is to be left out
     * @throws ArithmeticException if there are some and the policy is to abort
     */
    public boolean isUsable(TrainingContext context) {
        if (onNonfinite == NonFinite.IGNORE || context.gradients().isFinite()) {
            return true;
        }
        clipping.log(context, context.gradients());
        if (onNonfinite == NonFinite.ABORT) {
            throw notFinite(context, "a lower learning rate or grad_clip may help");
        }
        return false;
    }

    /**
     * Clips and steps.
     *
     * @param context the run
     */
    public void finish(TrainingContext context) {
        clipping.apply(context, context.gradients());
        context.stepper().step();
    }

    /**
     * Leaves the step out and says so: at the 1st, 2nd, 4th, 8th ... time, because a run that has broken down must not
     * flood its log.
     *
     * @param context the run
     * @param details what else belongs to the event, JDK types only
     */
    public void skip(TrainingContext context, Map<String, ?> details) {
        context.stepper().skip();
        skippedHere++;
        if (Long.bitCount(skippedHere) == 1) {
            LOG.warn("iteration {}: a gradient is not finite, step left out ({} so far){}", iteration(context),
                    skippedHere, details.isEmpty() ? "" : " " + details);
            Map<String, Object> all = new LinkedHashMap<>(details);
            all.put("skipped", skippedHere);
            context.event("step_skipped", all);
        }
    }

    /**
     * Makes the error of gradients that are not finite.
     *
     * @param context the run
     * @param remedy what may help
     * @return says the iteration, the loss and the learning rate
     */
    public static ArithmeticException notFinite(TrainingContext context, String remedy) {
        String loss = context.metrics().series("loss").map(s -> Double.toString(s.latest())).orElse("unknown");
        return new ArithmeticException("a gradient is not finite in iteration " + iteration(context) + " (loss " + loss
                + ", learning rate " + context.stepper().learningRate() + "); " + remedy
                + ", AutogradAnomalyDetectHook finds the operation");
    }

    private static long iteration(TrainingContext context) {
        return context.progress().iteration() + 1;
    }
}
