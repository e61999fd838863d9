// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hookline.engine.HookChange;
import org.hookline.engine.TrainingEngine;
import org.hookline.runfile.HookType;
import org.hookline.runfile.InstalledHooks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * Settings through Config Admin. A hook with {@code @Modified} takes them as it runs; one without is made anew by
 * Declarative Services, which for a run is one change: the new instance takes the state and the place of the old one.
 */
final class OsgiSettings implements ConfigFiles.Settings {
    private static final String FENCE = "org.hookline.deploy.fence";
    private static final long FENCE_SECONDS = 15;
    private static final Duration SLICE = Duration.ofMillis(200);

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final TrainingEngine engine;
    private final InstalledHooks installed;

    OsgiSettings(BundleContext context, ConfigurationAdmin admin, TrainingEngine engine,
            ServiceComponentRuntime components) {
        this.context = context;
        this.admin = admin;
        this.engine = engine;
        this.installed = new InstalledHooks(context, components);
    }

    @Override
    public List<HookType> types() {
        return installed.types();
    }

    private Configuration configuration(String pid, String name) throws IOException {
        // "?": for whichever bundle the component is in, and for the one that replaces it.
        return name.isEmpty() ? admin.getConfiguration(pid, "?") : admin.getFactoryConfiguration(pid, name, "?");
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    @Override
    public void put(String pid, String name, Map<String, Object> properties) throws IOException, InterruptedException {
        inOneChange(pid, () -> configuration(pid, name).update(FrameworkUtil.asDictionary(properties)));
    }

    @Override
    public void delete(String pid, String name) throws IOException, InterruptedException {
        inOneChange(pid, () -> configuration(pid, name).delete());
    }

    private void inOneChange(String pid, Step step) throws IOException, InterruptedException {
        try (HookChange change = engine.change()) {
            installed.offers().values().stream().filter(o -> o.type().pid().equals(pid))
                    .forEach(o -> change.hold(o.bundle().getBundleId()));
            step.run();
            awaitDelivery();
            change.commit();
            for (int i = 0; i < 300 && !change.await(SLICE); i++) {
                // A long iteration.
            }
        }
    }

    /**
     * Waits until Config Admin has told everybody: it does so on one thread, in the order of the changes, so that who hears
     * of a second change knows that all have dealt with the first.
     */
    private void awaitDelivery() throws IOException, InterruptedException {
        CountDownLatch delivered = new CountDownLatch(1);
        ServiceRegistration<ConfigurationListener> listener = context.registerService(ConfigurationListener.class, event -> {
            if (FENCE.equals(event.getPid())) {
                delivered.countDown();
            }
        }, null);
        try {
            admin.getConfiguration(FENCE, "?").update(FrameworkUtil.asDictionary(Map.of("at", System.nanoTime())));
            delivered.await(FENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            listener.unregister();
        }
    }
}
