// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.engine.HookChange;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunStart;
import org.hookline.engine.TrainingEngine;
import org.hookline.engine.TrainingTask;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * The engine as a service. Hooks are bound by method and kept by service id: SCR's dynamic list fields go stale when a
 * ranking changes.
 */
@Component(service = TrainingEngine.class, immediate = true)
public final class EngineComponent implements TrainingEngine {
    private final RunRegistry registry;

    /**
     * Starts.
     *
     * @param context of this bundle; each run is a service of it while it lasts
     */
    @Activate
    public EngineComponent(BundleContext context) {
        registry = new RunRegistry(Clock.systemUTC(),
                Duration.ofMillis(Long.getLong("hookline.unbind.timeout.ms", 10_000)), new RunServices(context));
    }

    /** Offers runs as services, so that who watches or steers them need not ask. */
    private static final class RunServices implements RunRegistry.Watcher {
        private final BundleContext context;
        private final Map<Run, ServiceRegistration<Run>> registrations = new ConcurrentHashMap<>();

        RunServices(BundleContext context) {
            this.context = context;
        }

        @Override
        public void prepared(Run run) {
            registrations.put(run, context.registerService(Run.class, run,
                    FrameworkUtil.asDictionary(Map.of(HookProperties.RUN_ID, run.info().id()))));
        }

        @Override
        public void ended(Run run) {
            ServiceRegistration<Run> registration = registrations.remove(run);
            if (registration != null) {
                try {
                    registration.unregister();
                } catch (IllegalStateException e) {
                    // The bundle has stopped: the framework has done it.
                }
            }
        }
    }

    @Reference(service = Hook.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY, updated = "updatedHook")
    void bindHook(ServiceReference<Hook> reference, Hook hook) {
        registry.put(source(reference, hook));
    }

    void updatedHook(ServiceReference<Hook> reference, Hook hook) {
        registry.put(source(reference, hook));
    }

    void unbindHook(ServiceReference<Hook> reference, Hook hook) {
        registry.remove((Long) reference.getProperty(Constants.SERVICE_ID));
    }

    private static HookSource source(ServiceReference<Hook> reference, Hook hook) {
        Map<String, Object> properties = new LinkedHashMap<>();
        Arrays.stream(reference.getPropertyKeys()).forEach(k -> properties.put(k, reference.getProperty(k)));
        Bundle bundle = reference.getBundle();
        HookSource.Origin origin = bundle == null ? HookSource.Origin.NONE
                : new HookSource.Origin(bundle.getSymbolicName(), bundle.getBundleId(), bundle.getVersion().toString());
        return HookSource.of((Long) reference.getProperty(Constants.SERVICE_ID), hook, properties, origin);
    }

    @Override
    public Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener,
            RunStart start) {
        return registry.prepare(id, spec, folder, task, listener, start);
    }

    @Override
    public HookChange change() {
        return registry.change();
    }

    @Override
    public Collection<Run> runs() {
        return registry.runs();
    }
}
