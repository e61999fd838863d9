// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.terminateonnan.internal;

import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Fails the run when the loss is not finite. Its level is HIGH, before checkpoints, so that no checkpoint of a broken
 * model takes the place of a good one at the end of an epoch.
 */
@Component(service = Hook.class, name = "TerminateOnNaNHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = TerminateOnNanConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class TerminateOnNanHook implements LiveHook<TerminateOnNanConfig> {
    /** As many values as a series keeps. */
    private static final long HISTORY = 65_536;

    private final LiveSettings<TerminateOnNanConfig> given;
    private TerminateOnNanConfig config;
    private long seen;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public TerminateOnNanHook(TerminateOnNanConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(TerminateOnNanConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<TerminateOnNanConfig> liveSettings() {
        return given;
    }

    private static TerminateOnNanConfig checked(TerminateOnNanConfig config) {
        if (config.period() < 1) {
            throw new UserError("TerminateOnNaNHook: period is " + config.period() + ", expected 1 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        seen = context.metrics().series(config.metric()).map(Metrics.Series::count).orElse(0L);
    }

    @Override
    public void settingsChanged(TrainingContext context, TerminateOnNanConfig before) {
        config = given.get();
        if (!config.metric().equals(before.metric())) {
            seen = context.metrics().series(config.metric()).map(Metrics.Series::count).orElse(0L);
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        Progress p = context.progress();
        long done = p.iteration() + 1;
        if (done % config.period() == 0 || p.innerIteration() + 1 >= p.innerIterations() || done >= p.iterations()) {
            check(context);
        }
    }

    private void check(TrainingContext context) {
        String metric = config.metric();
        Metrics.Series series = context.metrics().series(metric).orElseThrow(() -> new UserError(
                "TerminateOnNaNHook: there is no metric '" + metric + "'"
                        + Nearest.suggest(metric, context.metrics().names())));
        long count = series.count();
        int fresh = (int) Math.min(count - seen, HISTORY);
        seen = count;
        // A mean is finite just where all its values are; it is looked at for the newest bad value only if need be.
        if (fresh == 0 || Double.isFinite(series.mean(fresh))) {
            return;
        }
        for (int k = 1; k <= fresh; k++) {
            double mean = series.mean(k);
            if (!Double.isFinite(mean)) {
                // The values behind it are finite, so that the mean is what this one is.
                long iteration = series.latestIteration() - (k - 1) + 1;
                long first = series.latestIteration() - (fresh - 1) + 1;
                throw new ArithmeticException(metric + " is " + mean + " in iteration " + iteration
                        + (fresh > 1 ? " (or from an earlier one on: the last check was before iteration " + first + ")"
                                : "")
                        + ", learning rate " + context.stepper().learningRate()
                        + "; a lower learning rate or grad_clip may help, AutogradAnomalyDetectHook finds the "
                        + "operation");
            }
        }
    }
}
