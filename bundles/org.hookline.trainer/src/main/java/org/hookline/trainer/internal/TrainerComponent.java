// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.djl.Djl;
import org.hookline.djl.EngineStartException;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingTask;
import org.hookline.engine.TrainingTaskFactory;
import org.hookline.torch.Torch;
import org.hookline.trainer.DjlTaskFactory;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The trainer as a service: gathers what runs are made of. */
@Component
public final class TrainerComponent implements TrainingTaskFactory {
    private final ProviderTable<DatasetProvider> datasets = new ProviderTable<>(DatasetProvider.TYPE);
    private final ProviderTable<ModelProvider> models = new ProviderTable<>(ModelProvider.TYPE);
    private final ProviderTable<LossProvider> losses = new ProviderTable<>(LossProvider.TYPE);
    private final ProviderTable<MetricProvider> metrics = new ProviderTable<>(MetricProvider.TYPE);

    private final DjlTaskFactory factory;

    /**
     * Makes the component; nothing is started.
     *
     * @param djl the engine
     * @param torch what libtorch offers beyond DJL; like the engine it is there whether libtorch is or not
     */
    @Activate
    public TrainerComponent(@Reference Djl djl, @Reference Torch torch) {
        factory = new DjlTaskFactory(() -> start(djl), Optional.of(torch), datasets, models, losses, metrics);
    }

    private static void start(Djl djl) {
        try {
            djl.engine();
        } catch (EngineStartException e) {
            throw new UserError(e.getMessage(), e);
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDataset(DatasetProvider provider, Map<String, Object> properties) {
        datasets.add(provider, properties);
    }

    void unbindDataset(DatasetProvider provider, Map<String, Object> properties) {
        datasets.remove(properties);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindModel(ModelProvider provider, Map<String, Object> properties) {
        models.add(provider, properties);
    }

    void unbindModel(ModelProvider provider, Map<String, Object> properties) {
        models.remove(properties);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindLoss(LossProvider provider, Map<String, Object> properties) {
        losses.add(provider, properties);
    }

    void unbindLoss(LossProvider provider, Map<String, Object> properties) {
        losses.remove(properties);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindMetric(MetricProvider provider, Map<String, Object> properties) {
        metrics.add(provider, properties);
    }

    void unbindMetric(MetricProvider provider, Map<String, Object> properties) {
        metrics.remove(properties);
    }

    @Override
    public TrainingTask create(RunSpec spec) throws IOException {
        return factory.create(spec);
    }

    @Override
    public List<String> check(RunSpec spec) {
        return factory.check(spec);
    }

    @Override
    public String runtime() {
        return factory.runtime();
    }
}
