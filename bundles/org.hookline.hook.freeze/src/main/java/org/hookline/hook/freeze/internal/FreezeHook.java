// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.freeze.internal;

import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Freezes parameters: they have a gradient of zero and the optimizer leaves them alone, weight decay included. Buffers,
 * such as the running statistics of batch normalisation, are not parameters and go on. The progress of the run says
 * whether they are frozen; its state is which ones, so that a hook that replaces it in a running run, with other
 * patterns, sets the others free. When it is taken out of a running run for good, what it froze stays frozen.
 */
@Component(service = Hook.class, name = "FreezeHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = FreezeConfig.class, factory = true)
@Level("HIGHER")
@HookKind(HookKind.TRAINING)
public final class FreezeHook implements StatefulHook, LiveHook<FreezeConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(FreezeHook.class);

    private final LiveSettings<FreezeConfig> given;
    private FreezeConfig config;
    private List<String> names = List.of();
    private boolean frozen;

    /** What the hook froze whose state this one took. */
    private List<String> inherited = List.of();

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public FreezeHook(FreezeConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(FreezeConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<FreezeConfig> liveSettings() {
        return given;
    }

    private static FreezeConfig checked(FreezeConfig config) {
        if (config.untilIteration() < 0 || config.untilEpoch() < 0) {
            throw new UserError("FreezeHook: until_iteration is " + config.untilIteration() + " and until_epoch is "
                    + config.untilEpoch() + ", expected 0 or more");
        }
        if (config.untilIteration() > 0 && config.untilEpoch() > 0) {
            throw new UserError("FreezeHook: until_iteration and until_epoch are both given, expected one of them");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        names = Globs.select(config.parameters(), context.weights().names());
        frozen = !over(context.progress());
        List<String> all = context.weights().names();
        List<String> free = inherited.stream().filter(n -> all.contains(n) && !(frozen && names.contains(n))).toList();
        inherited = List.of();
        if (!free.isEmpty()) {
            context.weights().setFrozen(free, false);
            context.event("unfrozen", Map.of("parameters", free));
        }
        if (frozen) {
            context.weights().setFrozen(names, true);
            LOG.info("{} of {} parameters are frozen", names.size(), all.size());
            context.event("frozen", Map.of("parameters", names));
        }
    }

    @Override
    public void settingsChanged(TrainingContext context, FreezeConfig before) {
        Globs.select(given.get().parameters(), context.weights().names());
        inherited = frozen ? names : List.of();
        beforeTrain(context);
    }

    private boolean over(Progress p) {
        long until = config.untilEpoch() > 0 ? (long) config.untilEpoch() * p.innerIterations()
                : config.untilIteration();
        return until > 0 && p.iteration() >= until;
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        if (frozen && over(context.progress())) {
            context.weights().setFrozen(names, false);
            frozen = false;
            context.event("unfrozen", Map.of("parameters", names));
        }
    }

    @Override
    public Map<String, Object> saveState() {
        return Map.of("frozen", frozen ? names : List.of());
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get("frozen") instanceof List<?> list)) {
            throw new IllegalArgumentException("state of version " + version + " with " + state.keySet()
                    + ", expected version " + stateVersion() + " with a list 'frozen'");
        }
        inherited = list.stream().map(String::valueOf).toList();
    }
}
