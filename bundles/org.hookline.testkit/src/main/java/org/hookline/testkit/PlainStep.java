// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Gradients;

/**
 * One optimizer step for each iteration, with nothing round it: what an optimizer hook is to a run, where another hook
 * is tested. To be added before it, at level 20.
 */
public final class PlainStep implements Hook {
    /** Makes the hook. */
    public PlainStep() {}

    @Override
    public void afterTrainIter(TrainingContext context) {
        context.findFacet(Gradients.class).ifPresent(gradients -> {
            gradients.zero();
            gradients.backward(1);
        });
        context.stepper().step();
    }
}
