// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.modelsummary.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.ModelInfo;
import org.hookline.api.log.Console;
import org.hookline.api.options.Nearest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a table of the model's layers when the run starts: output shapes, parameters, whether they are trained,
 * buffers, floating-point operations. It stands behind the hooks that freeze parameters. It has no state and never
 * waits for the device.
 */
@Component(service = Hook.class, name = "ModelSummaryHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ModelSummaryConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class ModelSummaryHook implements LiveHook<ModelSummaryConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(ModelSummaryHook.class);
    private static final List<String> PLACES = List.of("console", "log", "none");

    private final LiveSettings<ModelSummaryConfig> given;
    private ModelSummaryConfig config;
    private volatile Console console;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public ModelSummaryHook(ModelSummaryConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(ModelSummaryConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<ModelSummaryConfig> liveSettings() {
        return given;
    }

    /**
     * Takes the screen.
     *
     * @param service the screen
     */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setConsole(Console service) {
        console = service;
    }

    /**
     * Lets go of the screen.
     *
     * @param service the screen
     */
    @SuppressWarnings("ReferenceEquality") // whether it is this very service
    public void unsetConsole(Console service) {
        if (console == service) {
            console = null;
        }
    }

    private static ModelSummaryConfig checked(ModelSummaryConfig config) {
        String show = config.show().strip();
        if (!PLACES.contains(show)) {
            throw new UserError("ModelSummaryHook: show is '" + config.show() + "'" + Nearest.suggest(show, PLACES));
        }
        if (config.maxRows() < 0) {
            throw new UserError("ModelSummaryHook: max_rows is " + config.maxRows() + ", expected 0 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) throws IOException {
        config = given.get();
        String show = config.show().strip();
        ModelInfo model = context.facet(ModelInfo.class);
        Path file = file(context);
        List<String> whole = SummaryTable.lines(model, context.run().name(), 0);
        Files.createDirectories(file.getParent());
        Files.write(file, whole);
        context.event("model_summary", Map.of("file", context.run().folder().relativize(file).toString(),
                "parameters", model.layers().stream().mapToLong(ModelInfo.Layer::parameters).sum()));
        Console screen = console;
        if (show.equals("console") && screen != null) {
            screen.line(String.join("\n", SummaryTable.lines(model, context.run().name(), config.maxRows())) + "\n");
        } else if (!show.equals("none")) {
            LOG.info("the model:\n{}", String.join("\n", whole));
        }
    }

    private Path file(TrainingContext context) {
        Path folder = context.run().folder().toAbsolutePath().normalize();
        try {
            Path file = folder.resolve(config.file().strip()).normalize();
            if (file.startsWith(folder) && !file.equals(folder)) {
                return context.run().folder().resolve(folder.relativize(file));
            }
        } catch (InvalidPathException e) {
            LOG.debug("no path", e);
        }
        throw new UserError("ModelSummaryHook: file is '" + config.file() + "', expected a file in the run's folder");
    }
}
