// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hookline.api.Hook;
import org.hookline.api.log.LogWriter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the kinds of hooks and writers that the bundles of a framework offer at this moment. For any thread. */
public final class InstalledHooks {
    private static final Logger LOG = LoggerFactory.getLogger(InstalledHooks.class);

    private final BundleContext context;
    private final ServiceComponentRuntime runtime;

    /**
     * Looks at a framework.
     *
     * @param context of a bundle in it
     * @param runtime knows its components
     */
    public InstalledHooks(BundleContext context, ServiceComponentRuntime runtime) {
        this.context = context;
        this.runtime = runtime;
    }

    /**
     * A kind of hook or writer and where it comes from.
     *
     * @param type what run files see of it
     * @param component its component
     * @param bundle its bundle
     */
    public record Offer(HookType type, ComponentDescriptionDTO component, Bundle bundle) {}

    /** {@return all kinds by name; of two versions of a bundle the newer one counts} */
    public Map<String, Offer> offers() {
        Map<String, Offer> offers = new TreeMap<>();
        for (Class<?> service : List.of(Hook.class, LogWriter.class)) {
            List<ComponentDescriptionDTO> found = new ArrayList<>(runtime.getComponentDescriptionDTOs().stream()
                    .filter(d -> Arrays.asList(d.serviceInterfaces).contains(service.getName()))
                    .filter(d -> context.getBundle(d.bundle.id) != null).toList());
            found.sort(Comparator.comparing((ComponentDescriptionDTO d) -> context.getBundle(d.bundle.id),
                    Comparator.nullsFirst(Comparator.comparing(Bundle::getVersion))));
            for (ComponentDescriptionDTO component : found) {
                Bundle bundle = context.getBundle(component.bundle.id);
                if (bundle != null) {
                    offers.put(component.name, new Offer(type(component, bundle, service), component, bundle));
                }
            }
        }
        return offers;
    }

    /** {@return the kinds alone, sorted by name} */
    public List<HookType> types() {
        return offers().values().stream().map(Offer::type).toList();
    }

    private static HookType type(ComponentDescriptionDTO component, Bundle bundle, Class<?> service) {
        String pid = component.configurationPid.length == 0 ? component.name : component.configurationPid[0];
        Optional<MetatypeReader.Description> described = described(bundle, pid);
        return new HookType(component.name, pid, service == LogWriter.class,
                described.map(MetatypeReader.Description::description).orElse(""),
                described.<List<Parameter>>map(MetatypeReader.Description::parameters));
    }

    private static Optional<MetatypeReader.Description> described(Bundle bundle, String pid) {
        Enumeration<URL> files = bundle.findEntries("OSGI-INF/metatype", "*.xml", false);
        for (URL file : files == null ? List.<URL>of() : Collections.list(files)) {
            try (InputStream in = file.openStream()) {
                Optional<MetatypeReader.Description> found = Optional.ofNullable(MetatypeReader.read(in).get(pid));
                if (found.isPresent()) {
                    return found;
                }
            } catch (IOException e) {
                LOG.warn("bundle {}: {} cannot be read: {}", bundle.getSymbolicName(), file.getPath(), e.toString());
            }
        }
        return Optional.empty();
    }
}
