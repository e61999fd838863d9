// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The framework as the deployer sees it. Bundles of the deployer have locations that begin with {@value #PREFIX}. */
final class OsgiPlatform implements Platform {
    static final String PREFIX = "hookline-deploy:";

    private static final Logger LOG = LoggerFactory.getLogger(OsgiPlatform.class);

    private final BundleContext context;
    private final ServiceComponentRuntime components;

    OsgiPlatform(BundleContext context, ServiceComponentRuntime components) {
        this.context = context;
        this.components = components;
    }

    private record Deployed(Bundle bundle) implements Handle {}

    private FrameworkWiring framework() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    @Override
    public Set<String> systemBundles() {
        return Arrays.stream(context.getBundles())
                .filter(b -> !b.getLocation().startsWith(PREFIX))
                .map(Bundle::getSymbolicName)
                .filter(n -> n != null)
                .collect(Collectors.toSet());
    }

    @Override
    public Handle start(Path jar) throws Failed {
        Bundle bundle;
        try (InputStream in = Files.newInputStream(jar)) {
            bundle = context.installBundle(PREFIX + jar.getFileName(), in);
        } catch (BundleException | IOException e) {
            throw new Failed("it cannot be installed: " + first(e), e);
        }
        try {
            if (bundle.adapt(BundleRevision.class).getTypes() == BundleRevision.TYPE_FRAGMENT) {
                throw new Failed("it is a fragment: only whole bundles can be deployed", null);
            }
            framework().resolveBundles(List.of(bundle));
            bundle.start();
            activationFailure(bundle);
            return new Deployed(bundle);
        } catch (BundleException e) {
            uninstall(bundle);
            throw new Failed(e.getType() == BundleException.RESOLVE_ERROR
                    ? ResolveErrors.explain(String.valueOf(e.getMessage()), this::exporters)
                    : "it does not start: " + cause(e), e);
        } catch (Failed e) {
            uninstall(bundle);
            throw e;
        }
    }

    private static String first(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static String cause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + first(root);
    }

    private String exporters(String packageName) {
        return Arrays.stream(context.getBundles())
                .map(b -> b.adapt(BundleWiring.class))
                .filter(w -> w != null)
                .flatMap(w -> w.getCapabilities(PackageNamespace.PACKAGE_NAMESPACE).stream())
                .filter(c -> packageName.equals(c.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE)))
                .map(OsgiPlatform::offer)
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private static String offer(BundleCapability c) {
        return c.getRevision().getSymbolicName() + " offers "
                + c.getAttributes().get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE);
    }

    /** A component whose constructor throws is found out by asking for its services. */
    private void activationFailure(Bundle bundle) throws Failed {
        for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs(bundle)) {
            for (ComponentConfigurationDTO c : components.getComponentConfigurationDTOs(component)) {
                touch(bundle, component.name);
                if (c.state == ComponentConfigurationDTO.FAILED_ACTIVATION
                        || components.getComponentConfigurationDTOs(component).stream()
                                .anyMatch(now -> now.state == ComponentConfigurationDTO.FAILED_ACTIVATION)) {
                    String text = components.getComponentConfigurationDTOs(component).stream()
                            .map(now -> now.failure).filter(f -> f != null).findFirst().orElse("");
                    throw new Failed("its component " + component.name + " cannot be made: " + rootLine(text), null);
                }
            }
        }
    }

    private void touch(Bundle bundle, String component) {
        ServiceReference<?>[] references = bundle.getRegisteredServices();
        if (references == null) {
            return;
        }
        for (ServiceReference<?> reference : references) {
            if (component.equals(reference.getProperty("component.name"))) {
                try {
                    if (context.getService(reference) != null) {
                        context.ungetService(reference);
                    }
                } catch (RuntimeException e) {
                    LOG.debug("component {} failed", component, e);
                }
            }
        }
    }

    /** Of a stack trace, the last cause's line. */
    private static String rootLine(String trace) {
        return trace.lines().filter(l -> l.startsWith("Caused by: "))
                .reduce((a, b) -> b).map(l -> l.substring("Caused by: ".length()))
                .orElseGet(() -> trace.lines().findFirst().orElse("it failed"));
    }

    @Override
    public Optional<String> uselessness(Handle handle) {
        Bundle bundle = ((Deployed) handle).bundle();
        boolean offers = components.getComponentDescriptionDTOs(bundle).stream()
                .flatMap(c -> Arrays.stream(c.serviceInterfaces)).anyMatch(OsgiPlatform::ofHookline);
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        offers |= services != null && Arrays.stream(services)
                .flatMap(s -> Arrays.stream((String[]) s.getProperty(Constants.OBJECTCLASS)))
                .anyMatch(OsgiPlatform::ofHookline);
        boolean library = !bundle.adapt(BundleWiring.class).getCapabilities(PackageNamespace.PACKAGE_NAMESPACE).isEmpty();
        return offers || library ? Optional.empty() : Optional.of("there is no Hook inside, and nothing else that a run"
                + " could use: annotate your class with @Component(service = Hook.class)");
    }

    private static boolean ofHookline(String type) {
        return type.startsWith("org.hookline.");
    }

    @Override
    public void remove(Handle handle) {
        uninstall(((Deployed) handle).bundle());
    }

    private void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException | IllegalStateException e) {
            LOG.warn("deploy: {} cannot be uninstalled: {}", bundle.getSymbolicName(), first(e), e);
        }
        // Only this bundle and who is wired to it; frees its class loader.
        CountDownLatch done = new CountDownLatch(1);
        framework().refreshBundles(List.of(bundle), (FrameworkEvent event) -> done.countDown());
        try {
            if (!done.await(10, TimeUnit.SECONDS)) {
                LOG.warn("deploy: the framework is still busy with {}", bundle.getSymbolicName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
