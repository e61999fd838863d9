// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.model.Metric;
import org.hookline.api.options.Nearest;
import org.hookline.engine.TaskLink;

/** Evaluation of the splits of a data set. Training thread only. */
final class SplitEvaluation implements Evaluation {
    private final Dataset dataset;
    private final List<MetricPlan> plans;
    private final DataSettings settings;
    private final Lanes.Opener lanes;
    private final ForwardPass pass;
    private final NDManager owner;
    private final DeviceReader reader;
    private final TaskLink link;
    private final Map<String, Result> latest = new LinkedHashMap<>();

    /**
     * Prepares evaluations.
     *
     * @param dataset its splits are evaluated
     * @param plans the metrics
     * @param settings batch size and the like
     * @param lanes opens the ways to the device
     * @param pass model and loss
     * @param owner of the scope of each pass, on the device
     * @param reader reads the loss
     * @param link is told of each pass
     */
    SplitEvaluation(Dataset dataset, List<MetricPlan> plans, DataSettings settings, Lanes.Opener lanes,
            ForwardPass pass, NDManager owner, DeviceReader reader, TaskLink link) {
        this.dataset = dataset;
        this.plans = plans;
        this.settings = settings;
        this.lanes = lanes;
        this.pass = pass;
        this.owner = owner;
        this.reader = reader;
        this.link = link;
    }

    @Override
    public List<String> splits() {
        return dataset.splits().keySet().stream().filter(s -> !s.equals(Dataset.TRAIN)).sorted().toList();
    }

    @Override
    public List<Result> latest() {
        return List.copyOf(latest.values());
    }

    /** {@return the newest results, as a hook's state would hold them} */
    List<Object> save() {
        List<Object> saved = new ArrayList<>();
        for (Result result : latest.values()) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("split", result.split());
            map.put("epoch", (long) result.epoch());
            map.put("iteration", result.iteration());
            map.put("samples", result.samples());
            map.put("seconds", result.seconds());
            map.put("values", new LinkedHashMap<>(result.values()));
            saved.add(map);
        }
        return saved;
    }

    /** Takes up what {@link #save} gave. */
    void load(List<?> saved) {
        latest.clear();
        for (Object o : saved) {
            if (!(o instanceof Map<?, ?> map && map.get("split") instanceof String split
                    && map.get("epoch") instanceof Long epoch && map.get("iteration") instanceof Long iteration
                    && map.get("samples") instanceof Long samples && map.get("seconds") instanceof Double seconds
                    && map.get("values") instanceof Map<?, ?> values)) {
                throw new IllegalArgumentException("the result of an evaluation cannot be read");
            }
            Map<String, Double> typed = new LinkedHashMap<>();
            values.forEach((name, value) -> typed.put(name.toString(), (Double) value));
            latest.put(split, new Result(split, Math.toIntExact(epoch), iteration, samples, seconds,
                    java.util.Collections.unmodifiableMap(typed)));
        }
    }

    @Override
    public List<MetricInfo> metrics() {
        return plans.stream().map(p -> new MetricInfo(p.name(), p.provider().higherIsBetter())).toList();
    }

    @Override
    public Result evaluate(String name) {
        Split split = dataset.splits().get(name);
        if (split == null) {
            throw new IllegalArgumentException("there is no split '" + name + "'" + Nearest.suggest(name, splits()));
        }
        link.evaluationStarts();
        long start = System.nanoTime();
        Map<String, Double> values;
        boolean gradMode = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try {
            values = pass(name, split);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new InterruptedIOException("the evaluation of " + name
                    + " was interrupted"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            JniUtils.setGradMode(gradMode);
        }
        Result result = new Result(name, link.progress().epoch(), link.progress().iteration(), split.size(),
                (System.nanoTime() - start) * 1e-9, java.util.Collections.unmodifiableMap(values));
        latest.remove(name);
        latest.put(name, result);
        link.evaluationEnded(result);
        return result;
    }

    private Map<String, Double> pass(String name, Split split) throws IOException, InterruptedException {
        SampleSpec samples = dataset.spec();
        int batchSize = Math.min(settings.evalBatchSize(), Math.max(1, split.size()));
        List<Metric> open = new ArrayList<>();
        try (NDManager scope = owner.newSubManager()) {
            try {
                for (MetricPlan plan : plans) {
                    open.add(plan.provider().create(plan.options(), samples, scope));
                }
                // Double: the sum of many losses must not lose the small ones.
                NDArray total = scope.zeros(new Shape(), DataType.FLOAT64);
                try (BatchLoader loader = new BatchLoader(name, split, samples, batchSize, settings.prefetch(),
                        settings.workers(), owner, lanes)) {
                    loader.start(SampleOrder.evaluation(split.size()), Math.ceilDiv(split.size(), batchSize), 0);
                    while (loader.hasNext()) {
                        add(loader.next(), total, open);
                    }
                }
                Map<String, Double> values = new LinkedHashMap<>();
                values.put("loss", reader.read(total) / split.size());
                for (int i = 0; i < plans.size(); i++) {
                    reader.counted();
                    values.put(plans.get(i).name(), open.get(i).value());
                }
                return values;
            } finally {
                open.forEach(Metric::close);
            }
        }
    }

    /** Everything stays on the device. */
    private void add(Batch batch, NDArray total, List<Metric> metrics) {
        NDArray predictions = pass.predict(batch, false);
        NDArray loss = pass.loss(batch, predictions);
        NDArray weight = batch.scope().full(new Shape(), batch.size(), DataType.FLOAT32);
        NDArray weighted = loss.mul(weight);
        total.addi(weighted.reshape(new Shape()));
        for (Metric metric : metrics) {
            metric.add(batch.labels(), predictions);
        }
    }
}
