// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradanomalydetect.internal;

import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Autograd;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Autograd's anomaly mode for a stretch of iterations. It is asked for anew for each of them and ends with it: a hook
 * that leaves, or a run that fails, leaves nothing switched on.
 */
@Component(
        service = Hook.class,
        name = "AutogradAnomalyDetectHook",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = AnomalyConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.TRAINING)
public final class AutogradAnomalyDetectHook implements LiveHook<AnomalyConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(AutogradAnomalyDetectHook.class);

    private final LiveSettings<AnomalyConfig> given;
    private long from;
    private long to;
    private boolean told;

    /**
     * Makes the hook from its configuration, which is checked when a run begins.
     *
     * @param config the parameters
     */
    @Activate
    public AutogradAnomalyDetectHook(AnomalyConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(AnomalyConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<AnomalyConfig> liveSettings() {
        return given;
    }

    private static AnomalyConfig checked(AnomalyConfig config) {
        if (config.from() < 0 || config.to() < 0 || (config.to() != 0 && config.to() <= config.from())) {
            throw new UserError("AutogradAnomalyDetectHook: from is " + config.from() + " and to is " + config.to()
                    + ", expected 0 or more, and to above from or 0 for the end of the run");
        }
        return config;
    }

    private void use(AnomalyConfig config) {
        from = config.from();
        to = config.to();
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        use(given.get());
        Autograd autograd = context.findFacet(Autograd.class).orElseThrow(() -> new UserError(
                "AutogradAnomalyDetectHook: this trainer has no anomaly mode; leave the hook out"));
        autograd.missing().ifPresent(what -> {
            throw new UserError("AutogradAnomalyDetectHook: anomalies cannot be detected, " + what
                    + "; leave the hook out, TerminateOnNaNHook needs nothing of the kind");
        });
        told = false;
    }

    @Override
    public void settingsChanged(TrainingContext context, AnomalyConfig before) {
        use(given.get());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        long iteration = context.progress().iteration();
        boolean on = iteration >= from && (to == 0 || iteration < to);
        if (on) {
            context.facet(Autograd.class).detectAnomaly();
        }
        if (on != told) {
            told = on;
            LOG.info("anomaly detection is {} at iteration {}{}", on ? "on" : "off", iteration,
                    on ? "; training is slower meanwhile" : "");
            context.event("anomaly_detection", Map.of("enabled", on));
        }
    }
}
