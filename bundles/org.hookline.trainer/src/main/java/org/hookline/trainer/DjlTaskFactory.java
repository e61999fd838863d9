// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingTaskFactory;
import org.hookline.torch.Torch;
import org.hookline.trainer.internal.DjlRuntime;
import org.hookline.trainer.internal.Planner;

/**
 * Makes training tasks on DJL's PyTorch engine. For any thread; the maps may change meanwhile if they are made for
 * that.
 */
public final class DjlTaskFactory implements TrainingTaskFactory {
    private final Planner planner;

    /**
     * Makes a factory.
     *
     * @param torch what libtorch offers beyond DJL; without it plain DJL operations are used
     * @param datasets by the {@code type} of {@code data:} in run files
     * @param models by the {@code type} of {@code model:}
     * @param losses by the {@code type} of {@code loss:}
     * @param metrics by the {@code type} of {@code metrics:}
     */
    public DjlTaskFactory(Optional<Torch> torch, Map<String, DatasetProvider> datasets,
            Map<String, ModelProvider> models, Map<String, LossProvider> losses,
            Map<String, MetricProvider> metrics) {
        this(DjlRuntime::engine, torch, datasets, models, losses, metrics);
    }

    /**
     * Makes a factory where DJL has to be started in a way of its own.
     *
     * @param engine starts DJL's PyTorch engine, if it is not up; called before anything of DJL is touched, often; may
     *     throw {@link org.hookline.api.UserError}
     * @param torch what libtorch offers beyond DJL; without it plain DJL operations are used
     * @param datasets by the {@code type} of {@code data:} in run files
     * @param models by the {@code type} of {@code model:}
     * @param losses by the {@code type} of {@code loss:}
     * @param metrics by the {@code type} of {@code metrics:}
     */
    public DjlTaskFactory(Runnable engine, Optional<Torch> torch, Map<String, DatasetProvider> datasets,
            Map<String, ModelProvider> models, Map<String, LossProvider> losses,
            Map<String, MetricProvider> metrics) {
        planner = new Planner(engine, torch, datasets, models, losses, metrics);
    }

    @Override
    public DjlTask create(RunSpec spec) throws IOException {
        return planner.create(spec);
    }

    @Override
    public List<String> check(RunSpec spec) {
        return planner.check(spec);
    }

    @Override
    public String runtime() {
        return planner.runtime();
    }
}
