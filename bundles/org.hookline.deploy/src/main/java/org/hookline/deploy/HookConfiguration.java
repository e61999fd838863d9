// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.TrainingEngine;
import org.hookline.runfile.InstalledHooks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * Changes the configuration of hooks while runs go on. A hook with a {@code @Modified} method takes it as it runs; one
 * without is made anew by Declarative Services, which for a run is one change: the new instance takes the state and the
 * place of the old one. For any thread.
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

    /** What is done to a configuration. */
    @FunctionalInterface
    public interface Step {
        /**
         * Updates or deletes it.
         *
         * @param admin knows the configurations
         * @throws IOException if it cannot be stored
         */
        void run(ConfigurationAdmin admin) throws IOException;
    }

    /**
     * Changes a configuration and waits until the hook has it and the runs have taken that up. A component that takes no
     * change while it runs is made anew for it: the runs are held between two iterations meanwhile, so that no iteration
     * goes without the hook.
     *
     * @param pid the PID of the hook's component
     * @param step the change
     * @throws IOException if it cannot be stored
     * @throws InterruptedException if the thread is interrupted
     */
    public void change(String pid, Step step) throws IOException, InterruptedException {
        List<Run.Hold> holds = new ArrayList<>();
        try (HookChange change = engine.change()) {
            engine.runs().forEach(run -> holds.add(run.hold()));
            installed.offers().values().stream().filter(o -> o.type().pid().equals(pid))
                    .forEach(o -> change.hold(o.bundle().getBundleId()));
            step.run(admin);
            awaitDelivery();
            change.commit();
            change.await(PATIENCE);
        } finally {
            holds.forEach(Run.Hold::close);
        }
    }

    /**
     * Waits until Config Admin has told everybody: it does so on one thread, in the order of the changes, so that who hears
     * of a second change knows that all have dealt with the first.
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
