// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.iterationtimer.internal;

import java.util.Map;
import java.util.function.LongSupplier;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures iterations with the clock of the training thread. {@code iter_time} is a whole iteration, from one
 * {@code afterTrainIter} to the next, with the data, all hooks and the writing of logs and checkpoints in it; only
 * evaluations and pauses that a person made are taken out. {@code step_time} is from {@code beforeTrainIter} to
 * {@code afterTrainIter}: forward, backward and step.
 *
 * <p>Nothing here waits for the device. On a GPU a single {@code step_time} is the time to hand over the work; means
 * over a logging period are right, since the logger waits once for each.
 */
@Component(service = Hook.class, name = "IterationTimerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = IterationTimerConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class IterationTimerHook implements StatefulHook, LiveHook<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(IterationTimerHook.class);

    private final LiveSettings<Integer> given;
    private final LongSupplier nanoTime;
    private Totals totals = new Totals();
    private boolean restored;
    private int warmupLeft;
    private long lastEnd;
    private long start;
    private long epochStart;
    private long evaluationStart;
    private long excludedFromIteration;
    private long excludedFromEpoch;
    private double pausedBefore;

    /**
     * Makes the hook from its configuration.
     *
     * @param config the parameters
     */
    @Activate
    public IterationTimerHook(IterationTimerConfig config) {
        this(config.warmup(), System::nanoTime);
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(IterationTimerConfig config) {
        given.offer(() -> config.warmup());
    }

    @Override
    public LiveSettings<Integer> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param warmup iterations that the summary leaves out
     * @param nanoTime the clock, in nanoseconds
     */
    public IterationTimerHook(int warmup, LongSupplier nanoTime) {
        given = LiveSettings.of(() -> warmup);
        this.nanoTime = nanoTime;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        if (!restored) {
            totals = new Totals();
        }
        restored = false;
        // In a run that goes on already everything is warm.
        warmupLeft = context.late() ? 0 : given.get();
        long now = nanoTime.getAsLong();
        lastEnd = now;
        epochStart = now;
        excludedFromIteration = 0;
        excludedFromEpoch = 0;
        pausedBefore = context.progress().pausedSeconds();
    }

    @Override
    public void beforeTrainEpoch(TrainingContext context) {
        epochStart = nanoTime.getAsLong();
        excludedFromEpoch = 0;
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        start = nanoTime.getAsLong();
        // A pause that a person made, always before this moment, is nobody's time.
        long paused = Math.round((context.progress().pausedSeconds() - pausedBefore) * 1e9);
        if (paused > 0) {
            pausedBefore = context.progress().pausedSeconds();
            excludedFromIteration += paused;
            excludedFromEpoch += paused;
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        long now = nanoTime.getAsLong();
        double whole = (now - lastEnd - excludedFromIteration) * 1e-9;
        double step = (now - start) * 1e-9;
        double data = context.progress().dataSeconds();
        int batch = context.progress().batchSize();
        lastEnd = now;
        excludedFromIteration = 0;
        if (warmupLeft > 0) {
            warmupLeft--;
            totals.addWarmup();
        } else {
            totals.add(batch, whole, data, step);
        }
        Metrics metrics = context.metrics();
        metrics.put("iter_time", whole);
        metrics.put("data_time", data);
        metrics.put("step_time", step);
        if (whole > 0) {
            metrics.put("samples_per_second", batch / whole);
        }
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        evaluationStart = nanoTime.getAsLong();
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        long took = nanoTime.getAsLong() - evaluationStart;
        excludedFromIteration += took;
        excludedFromEpoch += took;
        totals.addEvaluation(took * 1e-9);
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) {
        double took = (nanoTime.getAsLong() - epochStart - excludedFromEpoch) * 1e-9;
        context.metrics().put("epoch_time", took, false);
    }

    @Override
    public void afterTrain(TrainingContext context) {
        if (totals.isEmpty()) {
            return;
        }
        LOG.info("{}", totals.text());
        context.event("timing", totals.summary());
    }

    @Override
    public Map<String, Object> saveState() {
        return totals.save();
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        totals = Totals.load(state);
        restored = true;
    }
}
