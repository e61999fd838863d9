// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingEngine;
import org.hookline.engine.TrainingTask;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
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
    private final RunRegistry registry = new RunRegistry(Clock.systemUTC(),
            Duration.ofMillis(Long.getLong("hookline.unbind.timeout.ms", 10_000)));

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
    public Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener) {
        return registry.prepare(id, spec, folder, task, listener);
    }

    @Override
    public Collection<Run> runs() {
        return registry.runs();
    }
}
