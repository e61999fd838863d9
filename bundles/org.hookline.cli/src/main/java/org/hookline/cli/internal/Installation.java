// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.hookline.api.Hook;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.log.LogWriter;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.runfile.HookType;
import org.hookline.runfile.Installed;
import org.hookline.runfile.MetatypeReader;
import org.hookline.runfile.Parameter;
import org.hookline.trainer.DataOptions;
import org.hookline.trainer.Optimizers;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out what run files can name in this framework at this moment. */
final class Installation {
    private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

    private final BundleContext context;
    private final Components components;

    Installation(BundleContext context, Components components) {
        this.context = context;
        this.components = components;
    }

    /** {@return what run files can name} */
    Installed read() {
        return new Installed(hooks(), options(DatasetProvider.class, DatasetProvider.TYPE, DatasetProvider::options),
                options(ModelProvider.class, ModelProvider.TYPE, ModelProvider::options),
                options(LossProvider.class, LossProvider.TYPE, LossProvider::options),
                options(MetricProvider.class, MetricProvider.TYPE, MetricProvider::options),
                Optimizers.declared(), DataOptions.declared(), true);
    }

    /** {@return for each metric whether a higher value is better} */
    Map<String, Boolean> higherIsBetter() {
        return services(MetricProvider.class, MetricProvider.TYPE, MetricProvider::higherIsBetter);
    }

    private List<HookType> hooks() {
        Map<String, HookType> types = new TreeMap<>();
        for (boolean writer : new boolean[] {false, true}) {
            List<ComponentDescriptionDTO> found = new ArrayList<>(
                    components.offering(writer ? LogWriter.class : Hook.class));
            // Of two versions of a bundle the newer one describes the parameters.
            found.sort(Comparator.comparing((ComponentDescriptionDTO d) -> context.getBundle(d.bundle.id),
                    Comparator.nullsFirst(Comparator.comparing(Bundle::getVersion))));
            for (ComponentDescriptionDTO component : found) {
                String pid = component.configurationPid.length == 0 ? component.name : component.configurationPid[0];
                Optional<MetatypeReader.Description> described = described(component.bundle.id, pid);
                types.put(component.name, new HookType(component.name, pid, writer,
                        described.map(MetatypeReader.Description::description).orElse(""),
                        described.<List<Parameter>>map(MetatypeReader.Description::parameters)));
            }
        }
        return List.copyOf(types.values());
    }

    private Optional<MetatypeReader.Description> described(long bundleId, String pid) {
        Bundle bundle = context.getBundle(bundleId);
        Enumeration<URL> files = bundle == null ? null : bundle.findEntries("OSGI-INF/metatype", "*.xml", false);
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

    private <S> Map<String, List<Option>> options(Class<S> service, String property,
            Function<S, List<Option>> options) {
        return services(service, property, options);
    }

    private <S, T> Map<String, T> services(Class<S> service, String property, Function<S, T> ask) {
        List<ServiceReference<S>> references;
        try {
            references = new ArrayList<>(context.getServiceReferences(service, "(" + property + "=*)"));
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
        // Highest ranking last, so that it has the last word.
        Collections.sort(references);
        Map<String, T> answers = new LinkedHashMap<>();
        for (ServiceReference<S> reference : references) {
            S provider = context.getService(reference);
            if (provider != null) {
                answers.put(String.valueOf(reference.getProperty(property)), ask.apply(provider));
                context.ungetService(reference);
            }
        }
        return answers;
    }
}
