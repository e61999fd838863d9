// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hookline.engine.HookChange;
import org.hookline.engine.TrainingEngine;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
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
    private static final Duration SLICE = Duration.ofMillis(50);
    private static final long PATIENT_NANOS =
            TimeUnit.MILLISECONDS.toNanos(Long.getLong("hookline.deploy.patience.ms", 10_000));

    private final BundleContext context;
    private final ServiceComponentRuntime components;
    private final TrainingEngine engine;
    private final LeakWatch leaks;
    private final Duration startLimit;
    private final AtomicLong number = new AtomicLong();
    private final Set<Long> hanging = ConcurrentHashMap.newKeySet();

    /**
     * Makes it.
     *
     * @param context of the deployer's bundle
     * @param components knows why components fail
     * @param engine knows the runs
     * @param leaks is told of bundles that go
     * @param startLimit how long a bundle may take to start
     */
    OsgiPlatform(BundleContext context, ServiceComponentRuntime components, TrainingEngine engine, LeakWatch leaks,
            Duration startLimit) {
        this.context = context;
        this.components = components;
        this.engine = engine;
        this.leaks = leaks;
        this.startLimit = startLimit;
    }

    private record Deployed(Bundle bundle) implements Handle {}

    private static Bundle bundle(Handle handle) {
        return ((Deployed) handle).bundle();
    }

    private FrameworkWiring framework() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    private Stream<Bundle> system() {
        return Arrays.stream(context.getBundles()).filter(b -> !b.getLocation().startsWith(PREFIX));
    }

    @Override
    public Set<String> systemBundles() {
        return system().map(Bundle::getSymbolicName).filter(n -> n != null).collect(Collectors.toSet());
    }

    @Override
    public Optional<String> systemExporter(String name) {
        return exports(system(), name).map(c -> c.getRevision().getSymbolicName()).findFirst();
    }

    private static Stream<BundleCapability> exports(Stream<Bundle> bundles, String name) {
        return bundles.map(b -> b.adapt(BundleWiring.class)).filter(w -> w != null)
                .flatMap(w -> w.getCapabilities(PackageNamespace.PACKAGE_NAMESPACE).stream())
                .filter(c -> name.equals(c.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE)));
    }

    @Override
    public Optional<String> componentOwner(String name, String except) {
        return components.getComponentDescriptionDTOs().stream()
                .filter(d -> d.name.equals(name) && !d.bundle.symbolicName.equals(except))
                .map(d -> d.bundle.symbolicName).findFirst();
    }

    @Override
    public Optional<String> broken(Handle handle) {
        Bundle bundle = bundle(handle);
        if (bundle.getState() == Bundle.ACTIVE) {
            return Optional.empty();
        }
        try {
            bundle.start();
            return Optional.empty();
        } catch (BundleException e) {
            return Optional.of("since another bundle went, " + explained(e).getMessage());
        }
    }

    @Override
    public boolean ending() {
        try {
            return (context.getBundle(Constants.SYSTEM_BUNDLE_ID).getState() & (Bundle.STARTING | Bundle.ACTIVE)) == 0;
        } catch (IllegalStateException e) {
            // This bundle has been stopped already.
            return true;
        }
    }

    private String exporters(String packageName) {
        return exports(Arrays.stream(context.getBundles()), packageName)
                .map(c -> c.getRevision().getSymbolicName() + " offers "
                        + c.getAttributes().get(PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE))
                .distinct().collect(Collectors.joining(", "));
    }

    private Failed explained(BundleException e) {
        if (e.getType() != BundleException.RESOLVE_ERROR) {
            return new Failed("it does not start: " + cause(e), e);
        }
        String message = String.valueOf(e.getMessage());
        return new Failed(ResolveErrors.explain(message, this::exporters), ResolveErrors.missingPackage(message), e);
    }

    private static String first(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @SuppressWarnings("ReferenceEquality") // a cause that gives itself has none
    private static String cause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + first(root);
    }

    @Override
    public Swap swap() {
        return new OsgiSwap(engine.change());
    }

    /** The changes of one batch of files. */
    private final class OsgiSwap implements Swap {
        private final HookChange change;
        private boolean brings;

        OsgiSwap(HookChange change) {
            this.change = change;
        }

        @Override
        public Map<Path, Object> install(Collection<Path> jars) {
            Map<Path, Object> result = new LinkedHashMap<>();
            List<Bundle> installed = new ArrayList<>();
            for (Path jar : jars) {
                try (InputStream in = Files.newInputStream(jar)) {
                    // A number, because the same bytes may come back while the old copy is still in use.
                    Bundle bundle = context.installBundle(
                            PREFIX + jar.getFileName() + "#" + number.incrementAndGet(), in);
                    change.hold(bundle.getBundleId());
                    brings = true;
                    installed.add(bundle);
                    result.put(jar, new Deployed(bundle));
                } catch (BundleException | IOException e) {
                    result.put(jar, new Failed("it cannot be installed: " + first(e), e));
                }
            }
            // Together: one of them may need what another one offers.
            framework().resolveBundles(installed);
            return result;
        }

        @Override
        public void start(Handle handle) throws Failed {
            Bundle bundle = bundle(handle);
            try {
                startInTime(bundle);
                check(bundle);
            } catch (BundleException e) {
                Failed failed = explained(e);
                remove(List.of(handle));
                throw failed;
            } catch (Failed e) {
                remove(List.of(handle));
                throw e;
            }
        }

        @Override
        public Handle update(Handle old, Path before, Path jar) throws Failed {
            Bundle bundle = bundle(old);
            change.hold(bundle.getBundleId());
            brings = true;
            try {
                exchange(bundle, jar);
                check(bundle);
                return old;
            } catch (BundleException | IOException e) {
                Failed failed = e instanceof BundleException b ? explained(b) : new Failed("it cannot be read", e);
                back(bundle, before);
                throw failed;
            } catch (Failed e) {
                back(bundle, before);
                throw e;
            }
        }

        private void back(Bundle bundle, Path before) {
            try {
                exchange(bundle, before);
            } catch (BundleException | IOException | Failed e) {
                LOG.error("deploy: {} cannot be brought back: {}", bundle.getSymbolicName(), first(e), e);
            }
        }

        private void exchange(Bundle bundle, Path jar) throws BundleException, IOException, Failed {
            watch(bundle);
            bundle.stop();
            try (InputStream in = Files.newInputStream(jar)) {
                bundle.update(in);
            }
            refresh(List.of(bundle));
            startInTime(bundle);
        }

        @Override
        public void replace(Handle old, Handle fresh) {
            change.replace(bundle(old).getBundleId(), bundle(fresh).getBundleId());
        }

        @Override
        public void withdraw(Handle handle) {
            change.withdraw(bundle(handle).getBundleId());
        }

        @Override
        public Map<Handle, String> commit(BooleanSupplier giveUp) throws InterruptedException {
            change.commit();
            long start = System.nanoTime();
            boolean told = false;
            while (!change.await(SLICE)) {
                boolean slow = System.nanoTime() - start > PATIENT_NANOS;
                if (slow && !told) {
                    told = true;
                    LOG.info("deploy: waiting for the end of an iteration");
                }
                if (slow && !brings) {
                    // A hook that hangs may be the one that is to go: uninstalling cuts it off.
                    return Map.of();
                }
                if (slow && giveUp.getAsBoolean() && change.cancel()) {
                    return null;
                }
            }
            Map<Handle, String> refused = new LinkedHashMap<>();
            change.refused().forEach((id, reason) -> refused.put(new Deployed(context.getBundle(id)), reason));
            return refused;
        }

        @Override
        public void remove(List<Handle> handles) {
            List<Bundle> gone = new ArrayList<>();
            for (Handle handle : handles) {
                Bundle bundle = bundle(handle);
                watch(bundle);
                if (hanging.contains(bundle.getBundleId())) {
                    // It goes when whatever hangs in it returns.
                    Thread.ofPlatform().daemon().name("hookline-uninstall").start(() -> {
                        uninstall(bundle);
                        refresh(List.of(bundle));
                    });
                } else {
                    uninstall(bundle);
                    gone.add(bundle);
                }
            }
            if (!gone.isEmpty()) {
                refresh(gone);
            }
        }

        @Override
        public void close() {
            change.close();
        }
    }

    private void watch(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        if (wiring != null && wiring.getClassLoader() != null) {
            leaks.add(bundle.getSymbolicName(), bundle.getVersion().toString(), wiring.getClassLoader());
        }
    }

    /** On a thread of its own: an activator or a constructor that does not return must not hold up the others. */
    private void startInTime(Bundle bundle) throws BundleException, Failed {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread starter = Thread.ofPlatform().daemon().name("hookline-start-" + bundle.getSymbolicName()).start(() -> {
            try {
                bundle.start();
            } catch (BundleException | RuntimeException | Error e) {
                failure.set(e);
            }
        });
        try {
            if (!starter.join(startLimit)) {
                String at = Arrays.stream(starter.getStackTrace()).limit(3).map(StackTraceElement::toString)
                        .collect(Collectors.joining(", "));
                hanging.add(bundle.getBundleId());
                starter.interrupt();
                throw new Failed("it did not start within " + startLimit.toSeconds() + " s; it was inside " + at, null);
            }
        } catch (InterruptedException e) {
            starter.interrupt();
            Thread.currentThread().interrupt();
            throw new Failed("the process ends", e);
        }
        Throwable t = failure.get();
        if (t instanceof BundleException e) {
            throw e;
        }
        if (t != null) {
            throw new Failed("it does not start: " + cause(t), t);
        }
    }

    private void check(Bundle bundle) throws Failed {
        activationFailure(bundle);
        Collection<ComponentDescriptionDTO> found = components.getComponentDescriptionDTOs(bundle);
        boolean offers = found.stream().flatMap(c -> Arrays.stream(c.serviceInterfaces))
                .anyMatch(OsgiPlatform::ofHookline);
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        offers |= services != null && Arrays.stream(services)
                .flatMap(s -> Arrays.stream((String[]) s.getProperty(Constants.OBJECTCLASS)))
                .anyMatch(OsgiPlatform::ofHookline);
        boolean library = !bundle.adapt(BundleWiring.class).getCapabilities(PackageNamespace.PACKAGE_NAMESPACE)
                .isEmpty();
        if (!offers && !library) {
            throw new Failed("there is no Hook inside, and nothing else that a run could use: annotate your class with"
                    + " @Component(service = Hook.class)", null);
        }
        for (ComponentDescriptionDTO component : found) {
            if (components.getComponentConfigurationDTOs(component).isEmpty()) {
                LOG.info("deploy: {} waits for a configuration: a run file that names it, or conf/{}~mine.cfg",
                        component.name, component.name);
            }
        }
    }

    private static boolean ofHookline(String type) {
        return type.startsWith("org.hookline.");
    }

    /** A component whose constructor throws is found out by asking for its services. */
    private void activationFailure(Bundle bundle) throws Failed {
        for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs(bundle)) {
            if (components.getComponentConfigurationDTOs(component).isEmpty()) {
                continue;
            }
            boolean there = touch(bundle, component.name);
            Optional<ComponentConfigurationDTO> failed = components.getComponentConfigurationDTOs(component).stream()
                    .filter(c -> c.state == ComponentConfigurationDTO.FAILED_ACTIVATION).findFirst();
            if (failed.isPresent()) {
                throw new Failed("its component " + component.name + " cannot be made: "
                        + rootLine(String.valueOf(failed.get().failure)), null);
            }
            if (!there) {
                throw new Failed("its component " + component.name + " cannot be made: "
                        + loadFailure(bundle, component.implementationClass).map(ResolveErrors::linkage)
                                .orElse("logs/hookline.log has the reason"), null);
            }
        }
    }

    /** An error while a class is loaded leaves no trace at the component, so the class is loaded again. */
    private static Optional<Throwable> loadFailure(Bundle bundle, String implementation) {
        try {
            Class<?> type = bundle.loadClass(implementation);
            // Looking at the members loads the classes that they name.
            int members = type.getDeclaredConstructors().length + type.getDeclaredMethods().length
                    + type.getDeclaredFields().length;
            LOG.debug("deploy: {} can be loaded, with {} members", implementation, members);
            return Optional.empty();
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.of(e);
        }
    }

    /** Asks for the services of a component, and tells whether all that are registered are there. */
    private boolean touch(Bundle bundle, String component) {
        ServiceReference<?>[] references = bundle.getRegisteredServices();
        if (references == null) {
            return true;
        }
        boolean there = true;
        for (ServiceReference<?> reference : references) {
            if (component.equals(reference.getProperty("component.name"))) {
                try {
                    if (context.getService(reference) != null) {
                        context.ungetService(reference);
                    } else {
                        there = false;
                    }
                } catch (RuntimeException e) {
                    LOG.debug("component {} failed", component, e);
                }
            }
        }
        return there;
    }

    /** Of a stack trace, the last cause's line. */
    private static String rootLine(String trace) {
        return trace.lines().filter(l -> l.startsWith("Caused by: "))
                .reduce((a, b) -> b).map(l -> l.substring("Caused by: ".length()))
                .orElseGet(() -> trace.lines().findFirst().orElse("it failed"));
    }

    private static void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException | IllegalStateException e) {
            LOG.warn("deploy: {} cannot be uninstalled: {}", bundle.getSymbolicName(), first(e), e);
        }
    }

    /** Only these bundles and who is wired to them; frees their class loaders. */
    private void refresh(List<Bundle> bundles) {
        CountDownLatch done = new CountDownLatch(1);
        framework().refreshBundles(bundles, (FrameworkEvent event) -> done.countDown());
        try {
            if (!done.await(10, TimeUnit.SECONDS)) {
                LOG.warn("deploy: the framework is still busy with {}", bundles);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
