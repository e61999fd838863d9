// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.facet.Precision;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.hookline.trainer.DjlTask;

/** Finds the parts of a run and checks them against one another. For any thread. */
public final class Planner {
    private final Runnable engine;
    private final Optional<Torch> torch;
    private final Map<String, DatasetProvider> datasets;
    private final Map<String, ModelProvider> models;
    private final Map<String, LossProvider> losses;
    private final Map<String, MetricProvider> metrics;

    /**
     * Makes a planner.
     *
     * @param engine starts DJL's engine, if it is not up
     * @param torch what libtorch offers beyond DJL
     * @param datasets by type
     * @param models by type
     * @param losses by type
     * @param metrics by type
     */
    public Planner(Runnable engine, Optional<Torch> torch, Map<String, DatasetProvider> datasets,
            Map<String, ModelProvider> models, Map<String, LossProvider> losses,
            Map<String, MetricProvider> metrics) {
        this.engine = engine;
        this.torch = torch;
        this.datasets = datasets;
        this.models = models;
        this.losses = losses;
        this.metrics = metrics;
    }

    /** One check; what it finds wrong is a {@link UserError}. */
    @FunctionalInterface
    private interface Check<T> {
        T run() throws IOException;
    }

    /** Gathers mistakes, or passes the first one on. */
    private static final class Findings {
        private final List<String> lines;

        private Findings(List<String> lines) {
            this.lines = lines;
        }

        /** {@return what a check gives; null where it found a mistake that is gathered} */
        private <T> T of(Check<T> check) throws IOException {
            if (lines == null) {
                return check.run();
            }
            try {
                return check.run();
            } catch (UserError e) {
                lines.add(e.getMessage());
            } catch (IOException e) {
                lines.add("data cannot be read: " + DjlRuntime.firstLine(e));
            }
            return null;
        }
    }

    /** {@return engine and library in words} */
    public String runtime() {
        engine.run();
        return DjlRuntime.describe(torch);
    }

    /**
     * Plans a run.
     *
     * @param spec the run
     * @return its task
     * @throws IOException if the data cannot be read
     */
    public DjlTask create(RunSpec spec) throws IOException {
        engine.run();
        return new FlatTask(plan(spec, new Findings(null)));
    }

    /**
     * Finds all mistakes of a run.
     *
     * @param spec the run
     * @return a line each
     */
    public List<String> check(RunSpec spec) {
        List<String> lines = new ArrayList<>();
        try {
            engine.run();
            plan(spec, new Findings(lines)).dataset().close();
        } catch (Incomplete e) {
            // The lines say why.
        } catch (UserError e) {
            lines.add(e.getMessage());
        } catch (IOException e) {
            lines.add("data cannot be read: " + DjlRuntime.firstLine(e));
        }
        return List.copyOf(lines);
    }

    /** Ends a check that found mistakes. */
    private static final class Incomplete extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private RunPlan plan(RunSpec spec, Findings findings) throws IOException {
        Device device = findings.of(() -> DjlRuntime.device(spec.device(), torch));
        Precision.Type precision = findings.of(() -> MixedPrecision.parse(spec.precision(), torch));
        ComputeSwitches switches = findings.of(
                () -> ComputeSwitches.of(spec.configuration(), device, torch, System::getenv));
        findings.of(() -> checkCounts(spec));
        OptimizerOptions optimizer = findings.of(() -> OptimizerOptions.of(spec.optimizer(), spec.baseFolder()));
        DataSettings data = findings.of(() -> DataSettings.of(spec.data(), spec.baseFolder()));
        Dataset dataset = findings.of(() -> open(spec));
        try {
            RunPlan plan = plan(spec, findings, device, precision, switches, optimizer, data, dataset);
            if (findings.lines != null && !findings.lines.isEmpty()) {
                throw new Incomplete();
            }
            return plan;
        } catch (RuntimeException | IOException e) {
            if (dataset != null) {
                dataset.close();
            }
            throw e;
        }
    }

    private RunPlan plan(RunSpec spec, Findings findings, Device device, Precision.Type precision,
            ComputeSwitches switches, OptimizerOptions optimizer, DataSettings data,
            Dataset dataset) throws IOException {
        if (dataset == null) {
            // Without samples only names can be checked.
            findings.of(() -> find("model", spec.model().type(), models));
            findings.of(() -> find("loss", spec.loss().type(), losses));
            for (RunSpec.Section section : spec.metrics()) {
                findings.of(() -> find("metric", section.type(), metrics));
            }
            throw new Incomplete();
        }
        SampleSpec samples = dataset.spec();
        Integer batches = findings.of(() -> data == null ? 1 : batches(spec, data, dataset));
        Block block = findings.of(() -> model(spec, samples, precision, device));
        Loss loss = findings.of(() -> loss(spec, samples));
        List<MetricPlan> plans = findings.of(() -> metrics(spec, samples));
        return new RunPlan(spec, device, precision, switches, data, dataset, batches == null ? 0 : batches, block,
                () -> model(spec, samples, precision, device), loss, plans, optimizer, torch);
    }

    private static Void checkCounts(RunSpec spec) {
        if (spec.accumulate() < 1) {
            throw new UserError("accumulate is " + spec.accumulate() + ", expected 1 or more");
        }
        if (spec.threads() < 0) {
            throw new UserError("threads is " + spec.threads() + ", expected 1 or more, or 0 for libtorch's choice");
        }
        if (spec.mode() == Progress.Mode.BY_EPOCH && spec.epochs() < 1) {
            throw new UserError("train.epochs is " + spec.epochs() + ", expected 1 or more");
        }
        if (spec.mode() == Progress.Mode.BY_ITER && spec.iterations() < 1) {
            throw new UserError("train.iterations is " + spec.iterations() + ", expected 1 or more");
        }
        return null;
    }

    private static <P> P find(String what, String type, Map<String, P> known) {
        P provider = known.get(type);
        if (provider == null) {
            throw new UserError(what + ": unknown type '" + type + "'"
                    + Nearest.suggest(type, new TreeMap<>(known).keySet()));
        }
        return provider;
    }

    private static Options options(String what, RunSpec.Section section, RunSpec spec, List<Option> declared) {
        return Options.of(what + " " + section.type(), spec.baseFolder(), declared, section.options());
    }

    private Dataset open(RunSpec spec) throws IOException {
        Dataset main = open("data", spec.data(), spec);
        Map<String, RunSpec.Section> more = EvaluationSets.named(spec.configuration());
        if (more.isEmpty()) {
            return main;
        }
        EvaluationSets all = new EvaluationSets(main);
        try {
            for (Map.Entry<String, RunSpec.Section> e : more.entrySet()) {
                String what = EvaluationSets.KEY + "." + e.getKey();
                all.add(e.getKey(), open(what, e.getValue(), spec));
            }
            return all;
        } catch (RuntimeException | IOException e) {
            all.close();
            throw e;
        }
    }

    private Dataset open(String what, RunSpec.Section section, RunSpec spec) throws IOException {
        DatasetProvider provider = find(what, section.type(), datasets);
        return provider.open(DataSettings.datasetOptions(section, spec.baseFolder(), provider.options()));
    }

    private static int batches(RunSpec spec, DataSettings data, Dataset dataset) {
        if (!dataset.splits().containsKey(Dataset.TRAIN)) {
            throw new UserError("data " + spec.data().type() + " has no split '" + Dataset.TRAIN
                    + "' to train on; there are: " + String.join(", ", dataset.splits().keySet()));
        }
        return data.batches(dataset.splits().get(Dataset.TRAIN).size());
    }

    private Block model(RunSpec spec, SampleSpec samples, Precision.Type precision, Device device) {
        ModelProvider provider = find("model", spec.model().type(), models);
        Block block = provider.create(options("model", spec.model(), spec, provider.options()), samples);
        ModelFit.check(block, spec.model().type(), spec.data().type(), samples);
        ModelFit.check(block, spec.model().type(), precision, device);
        return block;
    }

    private Loss loss(RunSpec spec, SampleSpec samples) {
        LossProvider provider = find("loss", spec.loss().type(), losses);
        return provider.create(options("loss", spec.loss(), spec, provider.options()), samples);
    }

    private List<MetricPlan> metrics(RunSpec spec, SampleSpec samples) {
        List<MetricPlan> plans = new ArrayList<>();
        if (spec.metrics().isEmpty()) {
            new TreeMap<>(metrics).forEach((type, provider) -> {
                if (provider.isDefaultFor(samples)) {
                    plans.add(plan(new RunSpec.Section(type, Map.of()), spec, provider, samples));
                }
            });
            return List.copyOf(plans);
        }
        Set<String> names = new LinkedHashSet<>();
        for (RunSpec.Section section : spec.metrics()) {
            MetricProvider provider = find("metric", section.type(), metrics);
            if (!names.add(section.type())) {
                throw new UserError("metric '" + section.type() + "' is named twice");
            }
            plans.add(plan(section, spec, provider, samples));
        }
        return List.copyOf(plans);
    }

    /** A metric is made once to try: it is its maker that knows whether it fits the labels. */
    private static MetricPlan plan(RunSpec.Section section, RunSpec spec, MetricProvider provider,
            SampleSpec samples) {
        Options options = options("metric", section, spec, provider.options());
        try (NDManager scope = DjlRuntime.newScope(Device.cpu());
                Metric _ = provider.create(options, samples, scope)) {
            return new MetricPlan(section.type(), provider, options);
        }
    }
}
