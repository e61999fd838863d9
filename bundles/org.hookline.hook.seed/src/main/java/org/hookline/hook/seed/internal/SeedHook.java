// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.seed.internal;

import java.util.List;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.RandomNumbers;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Gives the generator from which the model draws, for dropout and the like, a seed of its own at chosen moments.
 * Without this hook each forward pass starts it from the run's seed and the iteration; with it, from this seed, the
 * moment and the iteration. In both cases what a pass draws depends on nothing that was drawn before it.
 *
 * <p>It has no state and no parameter needs one: the progress of the run says what holds. The order of the samples and
 * their augmentation do not depend on it, they are functions of seed, epoch and sample already.
 */
@Component(service = Hook.class, name = "SeedHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = SeedConfig.class, factory = true)
@Level("HIGHEST")
@HookKind(HookKind.TRAINING)
public final class SeedHook implements LiveHook<SeedConfig> {
    private static final String EPOCH = "epoch";

    private final LiveSettings<SeedConfig> given;
    private SeedConfig config;
    private boolean byEpoch;
    private long seed;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public SeedHook(SeedConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(SeedConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<SeedConfig> liveSettings() {
        return given;
    }

    private static SeedConfig checked(SeedConfig config) {
        String each = config.each().strip();
        List<String> known = List.of(EPOCH, "iteration");
        if (!known.contains(each)) {
            throw new UserError("SeedHook: each is '" + config.each() + "'" + Nearest.suggest(each, known));
        }
        if (config.period() < 1) {
            throw new UserError("SeedHook: period is " + config.period() + ", expected 1 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        byEpoch = config.each().strip().equals(EPOCH);
        seed = config.seed() == -1 ? context.run().seed() : config.seed();
        context.facet(RandomNumbers.class);
    }

    @Override
    public void settingsChanged(TrainingContext context, SeedConfig before) {
        LiveSettings.fixed("SeedHook: seed", before.seed(), given.get().seed());
        LiveSettings.fixed("SeedHook: each", before.each(), given.get().each());
        LiveSettings.fixed("SeedHook: period", before.period(), given.get().period());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        if (due(context.progress())) {
            context.facet(RandomNumbers.class).seed(seed, context.progress().iteration());
        }
    }

    private boolean due(Progress p) {
        return byEpoch
                ? p.innerIteration() == 0 && p.epoch() % config.period() == 0
                : p.iteration() % config.period() == 0;
    }
}
