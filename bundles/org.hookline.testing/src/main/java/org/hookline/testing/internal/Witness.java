// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing.internal;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Evaluation;
import org.hookline.testing.TrainedRun;

/** Takes part in a run as its last hook and keeps what the run tells at its end. */
final class Witness implements Hook {
    /** The name in the run. */
    static final String NAME = "hookline.testing";

    private volatile TrainedRun seen;
    private volatile Throwable failure;

    @Override
    public void onException(TrainingContext context, Throwable thrown) {
        failure = thrown;
    }

    @Override
    public void afterTrain(TrainingContext context) {
        Path folder = context.run().folder();
        Map<String, Double> metrics = context.metrics().latest();
        List<Evaluation.Result> evaluations = context.findFacet(Evaluation.class).map(Evaluation::latest)
                .orElse(List.of());
        List<HookInfo> others = context.hooks().list().stream().filter(h -> !h.name().equals(NAME)).toList();
        seen = new TrainedRun(folder, context.progress().iteration(), metrics, evaluations, others);
    }

    /**
     * Gives what it saw.
     *
     * @param exitCode of the command
     * @return the run
     * @throws AssertionError if the run failed or never began
     */
    TrainedRun result(int exitCode) {
        if (failure != null) {
            throw new AssertionError("the run failed: " + failure.getMessage(), failure);
        }
        if (exitCode != 0 || seen == null) {
            throw new AssertionError("the run ended with exit code " + exitCode);
        }
        return seen;
    }
}
