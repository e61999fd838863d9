// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.hookline.runfile.HookType;
import org.hookline.runfile.InstalledHooks;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Asks Declarative Services about components. For any thread. */
final class Components {
    private final ServiceComponentRuntime runtime;

    Components(ServiceComponentRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * Finds the kinds of hooks and writers.
     *
     * @param context of this bundle
     * @return what the installed bundles offer
     */
    List<HookType> hooks(BundleContext context) {
        return new InstalledHooks(context, runtime).types();
    }

    /**
     * Tells why a component is not there.
     *
     * @param component which descriptions are meant
     * @param instance which of their instances
     * @return the reason; empty where it is there, or may still come by itself
     */
    Optional<Reason> failure(Predicate<ComponentDescriptionDTO> component,
            Predicate<ComponentConfigurationDTO> instance) {
        return instances(component, instance).stream()
                .filter(c -> c.state == ComponentConfigurationDTO.FAILED_ACTIVATION)
                .map(c -> Reason.of(String.valueOf(c.failure))).findFirst();
    }

    /**
     * Tells whether a component is at work.
     *
     * @param component which descriptions are meant
     * @param instance which of their instances
     * @return true where one of them is active
     */
    boolean active(Predicate<ComponentDescriptionDTO> component, Predicate<ComponentConfigurationDTO> instance) {
        return instances(component, instance).stream().anyMatch(c -> c.state == ComponentConfigurationDTO.ACTIVE);
    }

    /**
     * Tells what a component waits for, once it has been given time.
     *
     * @param component which descriptions are meant
     * @param instance which of their instances
     * @return the reason
     */
    Reason waiting(Predicate<ComponentDescriptionDTO> component, Predicate<ComponentConfigurationDTO> instance) {
        List<ComponentConfigurationDTO> instances = instances(component, instance);
        if (instances.isEmpty()) {
            return new Reason(false, "its component takes no configuration, or its bundle is not started");
        }
        List<String> missing = new ArrayList<>();
        for (ComponentConfigurationDTO configuration : instances) {
            for (UnsatisfiedReferenceDTO reference : configuration.unsatisfiedReferences) {
                missing.add("no service " + Arrays.stream(configuration.description.references)
                        .filter(r -> r.name.equals(reference.name)).map(r -> shown(r, reference)).findFirst()
                        .orElse(reference.name));
            }
        }
        return new Reason(false, missing.isEmpty() ? "it did not come within the time limit"
                : "its component waits: " + String.join(", ", missing));
    }

    private static String shown(ReferenceDTO reference, UnsatisfiedReferenceDTO unsatisfied) {
        return reference.interfaceName + (unsatisfied.target == null ? "" : " " + unsatisfied.target);
    }

    private List<ComponentConfigurationDTO> instances(Predicate<ComponentDescriptionDTO> component,
            Predicate<ComponentConfigurationDTO> instance) {
        return runtime.getComponentDescriptionDTOs().stream().filter(component)
                .flatMap(d -> runtime.getComponentConfigurationDTOs(d).stream()).filter(instance).toList();
    }
}
