// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hookline.launch.Command;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.log.LogService;
import org.osgi.service.log.LoggerFactory;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;

/** The OSGi framework with the bundles of the features. Used by one thread. */
final class Platform {
    private static final Logger log = org.slf4j.LoggerFactory.getLogger(Platform.class);

    /** Felix takes its logger as an object among the properties. */
    private static final String FELIX_LOGGER = "felix.log.logger";

    /** Config Admin and Declarative Services start here, before any bundle of ours. */
    private static final int FIRST_LEVEL = 1;

    /** One bundle that is missing may leave dozens of requirements open. */
    private static final int SHOWN_REASONS = 3;

    private final Framework framework;
    private final FeatureSet features;
    private final Queue<FrameworkEvent> errors = new ConcurrentLinkedQueue<>();

    private Platform(Framework framework, FeatureSet features) {
        this.framework = framework;
        this.features = features;
    }

    /**
     * Makes the framework, without bundles.
     *
     * @param storage the framework's cache, wiped
     * @param systemPackages what the launcher's class path exports to bundles
     * @param own further framework properties; those of the features and system properties come before them
     */
    static Platform create(FeatureSet features, Path storage, String systemPackages, Map<String, String> own)
            throws LaunchError {
        Map<String, String> properties = new LinkedHashMap<>(own);
        properties.putAll(features.properties());
        properties.replaceAll((key, value) -> System.getProperty(key, value));
        properties.put(Constants.FRAMEWORK_STORAGE, storage.toString());
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, systemPackages);
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(FIRST_LEVEL));
        FrameworkFactory factory = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow(() -> new LaunchError(LaunchError.FAILURE, "there is no OSGi framework in lib"));
        Framework framework = factory.newFramework(withLogger(properties));
        try {
            framework.init();
        } catch (BundleException e) {
            throw new LaunchError(LaunchError.FAILURE, "the OSGi framework does not start: " + e.getMessage(), e);
        }
        return new Platform(framework, features);
    }

    /** The framework's own type for its properties says strings; Felix reads its logger from there all the same. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Map<String, String> withLogger(Map<String, String> properties) {
        Map<String, Object> all = new HashMap<>(properties);
        all.put(FELIX_LOGGER, new FelixLog());
        return (Map) all;
    }

    /** Installs the bundles of the features from the repository. */
    void install(Path repository) throws LaunchError {
        BundleContext context = framework.getBundleContext();
        context.registerService(
                new String[] {LogService.class.getName(), LoggerFactory.class.getName()}, new OsgiLog(), null);
        context.addFrameworkListener(event -> {
            if (event.getType() == FrameworkEvent.ERROR) {
                errors.add(event);
                log.error("{}: {}", event.getBundle(), event.getThrowable().getMessage(), event.getThrowable());
            }
        });
        List<String> missing = new ArrayList<>();
        for (FeatureSet.Artifact artifact : features.bundles()) {
            Path jar = repository.resolve(artifact.path());
            if (!Files.isRegularFile(jar)) {
                missing.add(artifact.id() + " of " + artifact.feature().getFileName());
                continue;
            }
            try {
                // By reference: the framework reads the jar where it lies instead of copying it into its cache.
                Bundle bundle = context.installBundle("reference:" + jar.toUri());
                bundle.adapt(BundleStartLevel.class).setStartLevel(artifact.startLevel());
                if ((bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) == 0) {
                    bundle.start(Bundle.START_ACTIVATION_POLICY);
                }
            } catch (BundleException e) {
                throw new LaunchError(
                        LaunchError.FAILURE, "cannot install " + artifact.id() + ": " + e.getMessage(), e);
            }
        }
        if (!missing.isEmpty()) {
            throw new LaunchError(
                    LaunchError.FAILURE,
                    "the distribution is incomplete: " + repository + " lacks " + String.join(", ", missing));
        }
    }

    /** Resolves all bundles at once, or says why that cannot be. */
    void resolve() throws LaunchError {
        if (framework.adapt(FrameworkWiring.class).resolveBundles(null)) {
            return;
        }
        List<String> reasons = ResolveReport.of(framework.getBundleContext().getBundles());
        if (!reasons.isEmpty()) {
            reasons.forEach(Logging.traces()::error);
            int shown = Math.min(SHOWN_REASONS, reasons.size());
            String more = reasons.size() == shown ? "" : "; and " + (reasons.size() - shown) + " more in the log";
            throw new LaunchError(LaunchError.FAILURE, String.join("; ", reasons.subList(0, shown)) + more);
        }
    }

    /** Starts the bundles, level by level, with the configurations of the features in place before ours start. */
    void start() throws LaunchError {
        try {
            framework.start();
            configure();
            int top = features.topLevel();
            if (top > FIRST_LEVEL) {
                CountDownLatch reached = new CountDownLatch(1);
                framework.adapt(FrameworkStartLevel.class).setStartLevel(top, event -> reached.countDown());
                reached.await();
            }
        } catch (BundleException e) {
            throw new LaunchError(LaunchError.FAILURE, "the OSGi framework does not start: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchError(LaunchError.FAILURE, "interrupted while the bundles started", e);
        }
        FrameworkEvent error = errors.peek();
        if (error != null) {
            Throwable cause = error.getThrowable();
            // A BundleException only says that an activator failed; its cause says why.
            Throwable reason = cause instanceof BundleException && cause.getCause() != null ? cause.getCause() : cause;
            throw new LaunchError(
                    LaunchError.FAILURE,
                    "bundle " + error.getBundle().getSymbolicName() + " does not start: " + reason,
                    cause);
        }
    }

    private void configure() throws LaunchError {
        if (features.configurations().isEmpty()) {
            return;
        }
        BundleContext context = framework.getBundleContext();
        ServiceReference<ConfigurationAdmin> reference = context.getServiceReference(ConfigurationAdmin.class);
        if (reference == null) {
            throw new LaunchError(
                    LaunchError.FAILURE, "the features hold configurations, but Config Admin is not among the bundles");
        }
        ConfigurationAdmin admin = context.getService(reference);
        try {
            for (FeatureSet.Configuration configuration : features.configurations()) {
                // "?": for whichever bundle the component is in.
                Configuration target = configuration.factoryPid().isEmpty()
                        ? admin.getConfiguration(configuration.name(), "?")
                        : admin.getFactoryConfiguration(configuration.factoryPid(), configuration.name(), "?");
                target.update(configuration.dictionary());
            }
        } catch (IOException e) {
            throw new LaunchError(LaunchError.FAILURE, "cannot store a configuration: " + e.getMessage(), e);
        }
        context.ungetService(reference);
    }

    /**
     * Waits for the service that runs a command.
     *
     * @param signals waiting ends when one comes
     * @return the command; empty if a signal came first
     * @throws LaunchError if none comes in time, with what keeps it back
     */
    Optional<Command> command(String name, long millis, Signals signals) throws LaunchError {
        BundleContext context = framework.getBundleContext();
        ServiceTracker<Command, Command> tracker;
        try {
            tracker = new ServiceTracker<>(
                    context,
                    FrameworkUtil.createFilter("(&(" + Constants.OBJECTCLASS + "=" + Command.class.getName() + ")("
                            + Command.NAME + "=" + name + "))"),
                    null);
        } catch (InvalidSyntaxException e) {
            throw new LaunchError(LaunchError.MISTAKE, "'" + name + "' cannot be the name of a command", e);
        }
        tracker.open();
        try {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            while (!signals.received()) {
                Command command = tracker.waitForService(50);
                if (command != null) {
                    // The tracker stays open: closing it would give the service back.
                    return Optional.of(command);
                }
                if (System.nanoTime() - end > 0) {
                    List<String> reasons = new ComponentReport(context).reasons();
                    throw new LaunchError(
                            LaunchError.FAILURE,
                            "no bundle offers the command '" + name + "'"
                                    + (reasons.isEmpty() ? "" : ": " + String.join("; ", reasons)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchError(LaunchError.FAILURE, "interrupted while waiting for the command", e);
        }
        return Optional.empty();
    }

    /** Stops all bundles, for at most so long. */
    void stop(long millis) {
        try {
            framework.stop();
            FrameworkEvent event = framework.waitForStop(millis);
            if (event.getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                log.warn("The bundles did not stop within {} ms", millis);
            }
        } catch (BundleException e) {
            log.warn("The framework does not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
