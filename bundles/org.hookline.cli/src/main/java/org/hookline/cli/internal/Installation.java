// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Option;
import org.hookline.runfile.Installed;
import org.hookline.trainer.DataOptions;
import org.hookline.trainer.Optimizers;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/** Finds out what run files can name in this framework at this moment. */
final class Installation {
    private final BundleContext context;
    private final Components components;

    Installation(BundleContext context, Components components) {
        this.context = context;
        this.components = components;
    }

    /** {@return what run files can name} */
    Installed read() {
        return new Installed(components.hooks(context), options(DatasetProvider.class, DatasetProvider.TYPE,
                DatasetProvider::options),
                options(ModelProvider.class, ModelProvider.TYPE, ModelProvider::options),
                options(LossProvider.class, LossProvider.TYPE, LossProvider::options),
                options(MetricProvider.class, MetricProvider.TYPE, MetricProvider::options),
                Optimizers.declared(), DataOptions.declared(), true);
    }

    /** {@return for each metric whether a higher value is better} */
    Map<String, Boolean> higherIsBetter() {
        return services(MetricProvider.class, MetricProvider.TYPE, MetricProvider::higherIsBetter);
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
