// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.ndarray.types.Shape;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/** Holds a run while others have their turn; last of all hooks, so that a turn is whole iterations. */
record Turn(Seat seat) implements Hook {
    @Override
    public void beforeTrain(TrainingContext context) throws Exception {
        seat.starts(() -> LimitContestant.norm(context.weights().flat()));
    }

    @Override
    public void afterTrainIter(TrainingContext context) throws Exception {
        if (context.run().device().startsWith("gpu") && seat.turnEnds()) {
            // The device works behind: what is read last is there when all before it is done.
            context.manager().ones(new Shape(1)).getFloat();
        }
        if (!seat.iterated()) {
            context.stop("measured");
        }
    }
}
