// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which components of Declarative Services do not come up, and why. Its service is asked by reflection: the API lies in
 * a bundle, and this is for one line before the end.
 */
final class ComponentReport {
    private static final Logger log = LoggerFactory.getLogger(ComponentReport.class);
    private static final String RUNTIME = "org.osgi.service.component.runtime.ServiceComponentRuntime";
    private static final String DESCRIPTION = "org.osgi.service.component.runtime.dto.ComponentDescriptionDTO";
    private static final int UNSATISFIED_REFERENCE = 2;
    private static final int FAILED_ACTIVATION = 16;

    private final BundleContext context;

    ComponentReport(BundleContext context) {
        this.context = context;
    }

    /** The failures, and the references whose service nobody could offer; what only follows from others is left out. */
    List<String> reasons() {
        ServiceReference<?> reference = context.getServiceReference(RUNTIME);
        if (reference == null) {
            return List.of("Declarative Services is not running");
        }
        try {
            return reasons(context.getService(reference));
        } catch (ReflectiveOperationException e) {
            log.warn("Cannot ask Declarative Services", e);
            return List.of();
        }
    }

    private static List<String> reasons(Object runtime) throws ReflectiveOperationException {
        ClassLoader loader = runtime.getClass().getClassLoader();
        Class<?> api = Class.forName(RUNTIME, false, loader);
        Class<?> descriptionType = Class.forName(DESCRIPTION, false, loader);
        Object none = Array.newInstance(Class.forName("org.osgi.framework.Bundle"), 0);
        Collection<?> descriptions = (Collection<?>) api.getMethod("getComponentDescriptionDTOs", none.getClass())
                .invoke(runtime, none);
        List<String> failed = new ArrayList<>();
        Map<String, String> waiting = new HashMap<>();
        Set<String> held = new LinkedHashSet<>();
        for (Object description : descriptions) {
            Collection<?> instances = (Collection<?>)
                    api.getMethod("getComponentConfigurationDTOs", descriptionType).invoke(runtime, description);
            for (Object instance : instances) {
                int state = (int) field(instance, "state");
                if (state == FAILED_ACTIVATION) {
                    String failure = String.valueOf(field(instance, "failure"));
                    failed.add("component " + field(description, "name") + " failed: "
                            + failure.lines().findFirst().orElse("?"));
                }
                if (state == FAILED_ACTIVATION || state == UNSATISFIED_REFERENCE) {
                    held.addAll(List.of((String[]) field(description, "serviceInterfaces")));
                }
                if (state == UNSATISFIED_REFERENCE) {
                    Object[] references = (Object[]) field(description, "references");
                    for (Object missing : (Object[]) field(instance, "unsatisfiedReferences")) {
                        String name = (String) field(missing, "name");
                        for (Object known : references) {
                            if (name.equals(field(known, "name"))) {
                                Object target = field(missing, "target");
                                waiting.put(
                                        (String) field(known, "interfaceName"),
                                        "component " + field(description, "name") + " waits for a service "
                                                + field(known, "interfaceName") + (target == null ? "" : target));
                            }
                        }
                    }
                }
            }
        }
        List<String> reasons = new ArrayList<>(failed);
        waiting.forEach((service, line) -> {
            if (!held.contains(service)) {
                reasons.add(line);
            }
        });
        return reasons;
    }

    private static Object field(Object dto, String name) throws ReflectiveOperationException {
        return dto.getClass().getField(name).get(dto);
    }
}
