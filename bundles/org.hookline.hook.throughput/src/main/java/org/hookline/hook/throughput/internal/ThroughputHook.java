// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.throughput.internal;

import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.ModelInfo;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Logs how fast the run goes: {@code throughput/samples_per_second} over a window of iterations with all that belongs
 * to them except evaluations, and where every layer of the model tells its operations also {@code throughput/tflops}
 * and {@code throughput/mfu}. The clock is that of the training thread, so that nothing waits for the device; over a
 * window that is longer than what the device has queued up it is right. It has no state: a window begins anew.
 */
@Component(service = Hook.class, name = "ThroughputHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ThroughputConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class ThroughputHook implements LiveHook<ThroughputConfig> {
    /** A forward pass, and a backward pass of twice its operations: for the inputs and for the weights. */
    private static final int PASSES = 3;

    private final LiveSettings<ThroughputConfig> given;
    private ThroughputConfig config;
    private final LongSupplier nanoTime;
    private SlidingRate rate = new SlidingRate(1);
    private OptionalDouble flopsPerSample = OptionalDouble.empty();
    private long samples;
    private long evaluationStart;
    private long evaluating;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public ThroughputHook(ThroughputConfig config) {
        this(config, System::nanoTime);
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(ThroughputConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<ThroughputConfig> liveSettings() {
        return given;
    }

    ThroughputHook(ThroughputConfig config, LongSupplier nanoTime) {
        given = LiveSettings.of(() -> checked(config));
        this.nanoTime = nanoTime;
    }

    private static ThroughputConfig checked(ThroughputConfig config) {
        check("window", config.window() >= 1, config.window(), "1 or more");
        check("period", config.period() >= 1, config.period(), "1 or more");
        check("peak_tflops", config.peakTflops() >= 0, config.peakTflops(), "0 or more");
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        rate = new SlidingRate(config.window());
        flopsPerSample = context.findFacet(ModelInfo.class).map(ModelInfo::forwardFlops).orElse(OptionalDouble.empty());
        samples = 0;
        evaluating = 0;
    }

    @Override
    public void settingsChanged(TrainingContext context, ThroughputConfig before) {
        config = given.get();
        if (config.window() != before.window()) {
            rate = new SlidingRate(config.window());
        }
    }

    private static void check(String key, boolean good, Object given, String expected) {
        if (!good) {
            throw new UserError("ThroughputHook: " + key + " is " + given + ", expected " + expected);
        }
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        evaluationStart = nanoTime.getAsLong();
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        evaluating += nanoTime.getAsLong() - evaluationStart;
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        samples += context.progress().batchSize();
        rate.mark((nanoTime.getAsLong() - evaluating) * 1e-9, samples);
        if ((context.progress().iteration() + 1) % config.period() == 0) {
            log(context, rate.perSecond());
        }
    }

    private void log(TrainingContext context, double perSecond) {
        // Too short a time for the clock gives infinity: nothing to log.
        if (!Double.isFinite(perSecond)) {
            return;
        }
        context.metrics().put("throughput/samples_per_second", perSecond, false);
        if (flopsPerSample.orElse(0) > 0) {
            double tflops = perSecond * PASSES * flopsPerSample.getAsDouble() * 1e-12;
            context.metrics().put("throughput/tflops", tflops, false);
            if (config.peakTflops() > 0) {
                context.metrics().put("throughput/mfu", tflops / config.peakTflops(), false);
            }
        }
    }
}
