// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaiter.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.averaging.AveragedWeights;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * An exponential moving average of the weights of any model. It is updated after real optimizer steps, with one
 * operation on the flat array of all parameters, and it is what evaluations see. Other hooks find it under
 * {@link AveragedWeights#EMA}.
 */
@Component(service = Hook.class, name = "EMAIterHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EmaIterConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class EmaIterHook implements StatefulHook, LiveHook<EmaSettings> {
    private final LiveSettings<EmaSettings> given;
    private final AveragedWeights average = new AveragedWeights();
    private EmaSettings settings;
    private boolean loaded;

    /** Updates so far. */
    private long updates;

    /** The optimizer step after which the average started. */
    private long origin;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public EmaIterHook(EmaIterConfig config) {
        given = LiveSettings.of(() -> EmaSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(EmaIterConfig config) {
        given.offer(() -> EmaSettings.of(config));
    }

    @Override
    public LiveSettings<EmaSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings how the average is kept
     */
    public EmaIterHook(EmaSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        if (loaded) {
            average.join(context.weights());
            loaded = false;
        } else {
            average.close();
            updates = 0;
        }
        if (!average.started()) {
            startWhenDue(context);
        }
        share(context);
    }

    @Override
    public void settingsChanged(TrainingContext context, EmaSettings before) {
        settings = given.get();
    }

    private void startWhenDue(TrainingContext context) {
        long steps = context.stepper().steps();
        if (steps >= settings.start()) {
            average.start(context.weights());
            origin = steps;
        }
    }

    private void share(TrainingContext context) {
        average.array().ifPresent(a -> context.shared().put(AveragedWeights.EMA, a));
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        // Where an evaluation failed half-way and the run goes on without the hook that asked for it.
        average.leave(context);
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        if (!average.started()) {
            startWhenDue(context);
            share(context);
        } else if ((context.stepper().steps() - origin) % settings.interval() == 0) {
            average.move(context, settings.decayAt(updates));
            updates++;
        }
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        if (settings.evaluate()) {
            average.enter(context);
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        average.leave(context);
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        average.leave(context);
    }

    @Override
    public void afterTrain(TrainingContext context) {
        average.leave(context);
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        average.save(state);
        state.put("updates", updates);
        state.put("origin", origin);
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        long savedUpdates = number(state, "updates");
        long savedOrigin = number(state, "origin");
        average.load(state);
        updates = savedUpdates;
        origin = savedOrigin;
        loaded = true;
    }

    private static long number(Map<String, Object> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n.longValue();
        }
        throw new IllegalArgumentException("state of EMAIterHook has no number '" + key + "'");
    }

    /** Frees the average, where the hook leaves before its run ends. */
    @Deactivate
    public void close() {
        average.close();
    }
}
