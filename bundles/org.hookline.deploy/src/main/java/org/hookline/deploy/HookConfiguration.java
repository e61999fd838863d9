// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.hookline.api.UserError;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.TrainingEngine;
import org.hookline.runfile.InstalledHooks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * Changes the configuration of hooks while runs go on. A hook with a {@code @Modified} method takes it as it runs
 * ({@link org.hookline.api.LiveHook}); one without is made anew by Declarative Services, which for a run is one change:
 * the new instance takes the state and the place of the old one. For any thread.
 */
public final class HookConfiguration {
    private static final String FENCE = "org.hookline.deploy.fence";
    private static final long FENCE_SECONDS = 15;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final TrainingEngine engine;
    private final InstalledHooks installed;

    /**
     * Makes it.
     *
     * @param context of a bundle of the framework
     * @param admin takes configurations
     * @param engine knows the runs
     * @param components knows the hooks
     */
    public HookConfiguration(BundleContext context, ConfigurationAdmin admin, TrainingEngine engine,
            ServiceComponentRuntime components) {
        this.context = context;
        this.admin = admin;
        this.engine = engine;
        this.installed = new InstalledHooks(context, components);
    }

    /** {@return the hooks and writers that are there} */
    public InstalledHooks installed() {
        return installed;
    }

    /** Finds a configuration, or makes one. */
    @FunctionalInterface
    public interface Place {
        /**
         * Finds it.
         *
         * @param admin knows the configurations
         * @return the configuration
         * @throws IOException if it cannot be read
         */
        Configuration find(ConfigurationAdmin admin) throws IOException;
    }

    /**
     * Gives a configuration other properties and waits until the hook has them and the runs have taken that up. Where a
     * run refuses them, the properties before are given back.
     *
     * @param pid the PID of the hook's component
     * @param place finds the configuration
     * @param wanted makes the properties out of those before, which are null for a new configuration
     * @throws UserError if a hook cannot have them, in its words
     * @throws IOException if they cannot be stored
     * @throws InterruptedException if the thread is interrupted
     */
    public void update(String pid, Place place, UnaryOperator<Dictionary<String, Object>> wanted)
            throws IOException, InterruptedException {
        Configuration configuration = place.find(admin);
        Dictionary<String, Object> before = configuration.getProperties();
        Optional<String> refused = change(pid, () -> configuration.update(wanted.apply(before)));
        if (refused.isPresent()) {
            if (before == null) {
                change(pid, configuration::delete);
            } else {
                change(pid, () -> configuration.update(before));
            }
            throw new UserError(refused.get());
        }
    }

    /**
     * Deletes a configuration and waits until the runs have taken that up.
     *
     * @param pid the PID of the hook's component
     * @param place finds the configuration
     * @throws IOException if it cannot be deleted
     * @throws InterruptedException if the thread is interrupted
     */
    public void delete(String pid, Place place) throws IOException, InterruptedException {
        change(pid, place.find(admin)::delete);
    }

    private interface Step {
        void run() throws IOException;
    }

    /**
     * Makes a change. A component that takes none while it runs is made anew for it: the runs are held between two
     * iterations meanwhile, so that no iteration goes without the hook.
     *
     * @return why it was refused, if it was
     */
    private Optional<String> change(String pid, Step step) throws IOException, InterruptedException {
        List<InstalledHooks.Offer> concerned = installed.offers().values().stream()
                .filter(o -> o.type().pid().equals(pid)).toList();
        List<Run.Hold> holds = new ArrayList<>();
        try (HookChange change = engine.change()) {
            if (concerned.stream().anyMatch(o -> o.component().modified == null)) {
                engine.runs().forEach(run -> holds.add(run.hold()));
            }
            concerned.forEach(o -> change.hold(o.bundle().getBundleId()));
            step.run();
            awaitDelivery();
            change.commit();
            change.await(PATIENCE);
            return change.refused().values().stream().findFirst();
        } finally {
            holds.forEach(Run.Hold::close);
        }
    }

    /**
     * Waits until Config Admin has told everybody: it does so on one thread, in the order of the changes, so that who
     * hears of a second change knows that all have dealt with the first.
     */
    private void awaitDelivery() throws IOException, InterruptedException {
        CountDownLatch delivered = new CountDownLatch(1);
        ConfigurationListener told = event -> {
            if (FENCE.equals(event.getPid())) {
                delivered.countDown();
            }
        };
        ServiceRegistration<ConfigurationListener> listener =
                context.registerService(ConfigurationListener.class, told, null);
        try {
            admin.getConfiguration(FENCE, "?").update(FrameworkUtil.asDictionary(Map.of("at", System.nanoTime())));
            delivered.await(FENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            listener.unregister();
        }
    }
}
