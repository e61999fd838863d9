// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.lang.reflect.Method;

/**
 * A moment of a training run at which hooks are called. The first six are the reference's;
 * {@link #AFTER_OPTIMIZER_STEP}, the evaluation stages and {@link #ON_EXCEPTION} go beyond it.
 */
public enum Stage {
    /** Once, before the first iteration; for a hook that comes late, before its own first iteration. */
    BEFORE_TRAIN("beforeTrain"),
    /** At the start of each epoch; only in {@link Progress.Mode#BY_EPOCH}. */
    BEFORE_TRAIN_EPOCH("beforeTrainEpoch"),
    /** Before the forward pass of each micro-batch. */
    BEFORE_TRAIN_ITER("beforeTrainIter"),
    /**
     * After the forward pass and the loss of each micro-batch; backward and step happen here, in the optimizer hook.
     */
    AFTER_TRAIN_ITER("afterTrainIter"),
    /** At the end of each epoch; only in {@link Progress.Mode#BY_EPOCH}. */
    AFTER_TRAIN_EPOCH("afterTrainEpoch"),
    /** Once, at the end, whatever ended the run. */
    AFTER_TRAIN("afterTrain"),
    /** After each real optimizer step: once for several accumulated micro-batches. */
    AFTER_OPTIMIZER_STEP("afterOptimizerStep"),
    /** Before each evaluation pass. */
    BEFORE_EVALUATE("beforeEvaluate"),
    /** After each evaluation pass, with its results in the metrics. */
    AFTER_EVALUATE("afterEvaluate"),
    /** When the run fails; {@link #AFTER_TRAIN} follows. */
    ON_EXCEPTION("onException");

    private final String method;

    Stage(String method) {
        this.method = method;
    }

    /** {@return the name of the method of {@link Hook} that this stage calls} */
    public String method() {
        return method;
    }

    /**
     * Tells whether a hook has its own code for this stage. A stage that a hook does not override is never called and
     * costs nothing.
     *
     * @param type the class of the hook
     * @return true where the class, or a super class, overrides the default method of {@link Hook}
     */
    public boolean overriddenBy(Class<?> type) {
        for (Method m : type.getMethods()) {
            if (m.getName().equals(method) && m.getDeclaringClass() != Hook.class && !m.isBridge()
                    && m.getParameterCount() > 0 && m.getParameterTypes()[0] == TrainingContext.class) {
                return true;
            }
        }
        return false;
    }
}
