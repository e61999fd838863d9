// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hookline.api.HookKind;
import org.hookline.api.HookProperties;
import org.hookline.api.Stage;
import org.hookline.control.Control;
import org.hookline.deploy.Deployments;
import org.hookline.deploy.HookConfiguration;
import org.hookline.engine.Run;
import org.hookline.engine.TrainingEngine;
import org.hookline.runfile.HookType;
import org.hookline.runfile.InstalledHooks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control as a service, and the local channel while a run is there. */
@Component(service = Control.class, immediate = true)
public final class ControlComponent extends RunControl {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.control");

    private final List<Run> runs;
    private final Path sockets;
    private ControlServer server;

    /**
     * Starts.
     *
     * @param context of this bundle
     * @param deployments what is deployed
     * @param engine knows the runs
     * @param admin takes the configurations of hooks
     * @param components knows the kinds of hooks
     */
    @Activate
    public ControlComponent(BundleContext context, @Reference Deployments deployments, @Reference TrainingEngine engine,
            @Reference ConfigurationAdmin admin, @Reference ServiceComponentRuntime components) {
        this(context, deployments, new HookConfiguration(context, admin, engine, components),
                new CopyOnWriteArrayList<>());
    }

    private ControlComponent(BundleContext context, Deployments deployments, HookConfiguration configuration,
            List<Run> runs) {
        super(() -> runs, deployments, new Stored(configuration));
        this.runs = runs;
        String data = context.getProperty("hookline.data");
        sockets = Path.of(data == null ? System.getProperty("hookline.data", "data") : data).resolve("control");
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    synchronized void bindRun(Run run) {
        runs.add(run);
        if (server == null) {
            try {
                server = new ControlServer(new Commands(this), sockets, ProcessHandle.current().pid());
            } catch (IOException | UnsupportedOperationException e) {
                LOG.warn("no control channel in {}, the run cannot be steered from outside: {}", sockets, e.toString());
            }
        }
    }

    synchronized void unbindRun(Run run) {
        runs.remove(run);
        if (runs.isEmpty()) {
            close();
        }
    }

    @Deactivate
    synchronized void close() {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    /** Configurations of hooks in Config Admin. */
    private record Stored(HookConfiguration configuration) implements Configurations {
        @Override
        public List<Kind> kinds() {
            return configuration.installed().offers().values().stream().map(Stored::kind).toList();
        }

        private static Kind kind(InstalledHooks.Offer offer) {
            Map<String, Object> properties = offer.component().properties;
            Object level = properties.get(HookProperties.LEVEL);
            boolean writer = offer.type().writer();
            return new Kind(offer.type(), writer || level == null ? "" : level.toString(),
                    writer ? "writer" : String.valueOf(properties.getOrDefault(HookProperties.KIND, HookKind.OBSERVER)),
                    writer ? List.of() : stages(offer), offer.bundle().getSymbolicName(),
                    offer.bundle().getVersion().toString());
        }

        private static List<String> stages(InstalledHooks.Offer offer) {
            try {
                Class<?> type = offer.bundle().loadClass(offer.component().implementationClass);
                return Arrays.stream(Stage.values()).filter(s -> s.overriddenBy(type)).map(Stage::method).toList();
            } catch (ClassNotFoundException | LinkageError e) {
                LOG.debug("{} cannot be looked into: {}", offer.type().type(), e.toString());
                return List.of();
            }
        }

        @Override
        public void update(HookType type, String hook, String runId, Map<String, Object> change)
                throws IOException, InterruptedException {
            configuration.update(type.pid(), admin -> find(admin, type.pid(), hook, runId),
                    before -> joined(before, change));
        }

        /** The run file's entry for the hook, or a file's in conf, or the one without a name. */
        private static Configuration find(ConfigurationAdmin admin, String pid, String hook, String runId)
                throws IOException {
            Configuration best = null;
            int points = -1;
            Collection<Configuration> all;
            try {
                Configuration[] listed = admin.listConfigurations(
                        "(|(service.factoryPid=" + pid + ")(service.pid=" + pid + "))");
                all = listed == null ? List.of() : List.of(listed);
            } catch (InvalidSyntaxException e) {
                throw new IOException(pid + " is no PID", e);
            }
            for (Configuration c : all) {
                Object name = c.getProperties() == null ? null : c.getProperties().get(HookProperties.NAME);
                Object run = c.getProperties() == null ? null : c.getProperties().get(HookProperties.RUN_ID);
                boolean fits = (name == null || name.equals(hook)) && (run == null || run.equals(runId));
                int p = (name == null ? 0 : 2) + (run == null ? 0 : 1);
                if (fits && p > points) {
                    best = c;
                    points = p;
                }
            }
            return best == null ? admin.getConfiguration(pid, "?") : best;
        }
    }
}
