// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.freeze.internal;

import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Freezes parameters: they have a gradient of zero and the optimizer leaves them alone, weight decay included. Buffers,
 * such as the running statistics of batch normalisation, are not parameters and go on. It has no state: the progress of
 * the run says what holds. When it is taken out of a running run, what it froze stays frozen.
 */
@Component(service = Hook.class, name = "FreezeHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = FreezeConfig.class, factory = true)
@Level("HIGHER")
@HookKind(HookKind.TRAINING)
public final class FreezeHook implements Hook {
    private static final Logger LOG = LoggerFactory.getLogger(FreezeHook.class);

    private final FreezeConfig config;
    private List<String> names = List.of();
    private boolean frozen;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public FreezeHook(FreezeConfig config) {
        this.config = config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        if (config.untilIteration() < 0 || config.untilEpoch() < 0) {
            throw new UserError("FreezeHook: until_iteration is " + config.untilIteration() + " and until_epoch is "
                    + config.untilEpoch() + ", expected 0 or more");
        }
        if (config.untilIteration() > 0 && config.untilEpoch() > 0) {
            throw new UserError("FreezeHook: until_iteration and until_epoch are both given, expected one of them");
        }
        names = Globs.select(config.parameters(), context.weights().names());
        frozen = false;
        if (!over(context.progress())) {
            context.weights().setFrozen(names, true);
            frozen = true;
            LOG.info("{} of {} parameters are frozen", names.size(), context.weights().names().size());
            context.event("frozen", Map.of("parameters", names));
        }
    }

    private boolean over(Progress p) {
        long until = config.untilEpoch() > 0 ? (long) config.untilEpoch() * p.innerIterations() : config.untilIteration();
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
}
