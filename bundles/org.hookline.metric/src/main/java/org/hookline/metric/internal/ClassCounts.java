// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;

/**
 * How often each class was true, predicted, and both, and a score made of that. Averages are as in scikit-learn:
 * classes that are neither true nor predicted are left out, and 0 / 0 is 0.
 */
final class ClassCounts implements Metric {
    /**
     * The counts of one class, or of all together.
     *
     * @param hits predicted and true
     * @param predicted how often
     * @param actual how often it was true
     */
    record Counts(double hits, double predicted, double actual) {
        double precision() {
            return ratio(hits, predicted);
        }

        double recall() {
            return ratio(hits, actual);
        }

        double f1() {
            return ratio(2 * hits, predicted + actual);
        }

        private static double ratio(double a, double b) {
            return b == 0 ? 0 : a / b;
        }
    }

    private final ToDoubleFunction<Counts> score;
    private final String average;
    private final int only;
    private final int classes;
    private final NDArray numbers;
    private final DeviceSum hits;
    private final DeviceSum predicted;
    private final DeviceSum actual;

    private ClassCounts(ToDoubleFunction<Counts> score, String average, int only, int classes, NDManager manager) {
        this.score = score;
        this.average = average;
        this.only = only;
        this.classes = classes;
        try (NDArray row = manager.arange(0, classes, 1, DataType.INT64)) {
            this.numbers = row.expandDims(0);
        }
        this.hits = new DeviceSum(manager, DataType.INT64, new Shape(classes));
        this.predicted = new DeviceSum(manager, DataType.INT64, new Shape(classes));
        this.actual = new DeviceSum(manager, DataType.INT64, new Shape(classes));
    }

    static List<Option> options() {
        return List.of(
                Option.choice("average", List.of("macro", "micro", "weighted"), "macro",
                        "macro: mean over the classes; micro: over all samples; weighted: mean over the classes, by how"
                                + " often each is true"),
                Option.of("class", Option.Type.TEXT, "", "name of the one class to score; empty for the average"));
    }

    static Metric create(Options options, SampleSpec samples, NDManager manager, ToDoubleFunction<Counts> score) {
        Samples.mustHaveClasses(options, samples);
        String name = options.text("class");
        int only = samples.classes().indexOf(name);
        if (only < 0 && !name.isEmpty()) {
            throw new UserError(options.owner() + ": there is no class '" + name + "'"
                    + Nearest.suggest(name, samples.classes()));
        }
        return new ClassCounts(score, options.text("average"), only, samples.classes().size(), manager);
    }

    @Override
    public void add(NDArray labels, NDArray predictions) {
        try (NDArray best = predictions.argMax(1);
                NDArray bestColumn = best.expandDims(1);
                NDArray labelColumn = labels.expandDims(1);
                NDArray said = bestColumn.eq(numbers);
                NDArray was = labelColumn.eq(numbers);
                NDArray both = said.logicalAnd(was)) {
            hits.take(both.sum(new int[] {0}));
            predicted.take(said.sum(new int[] {0}));
            actual.take(was.sum(new int[] {0}));
        }
    }

    @Override
    public double value() {
        double[] h = hits.read();
        double[] p = predicted.read();
        double[] a = actual.read();
        if (only >= 0) {
            return score.applyAsDouble(new Counts(h[only], p[only], a[only]));
        }
        double sum = 0;
        double weights = 0;
        Counts all = new Counts(0, 0, 0);
        for (int c = 0; c < classes; c++) {
            all = new Counts(all.hits() + h[c], all.predicted() + p[c], all.actual() + a[c]);
            double weight = "weighted".equals(average) ? a[c] : p[c] + a[c] > 0 ? 1 : 0;
            sum += weight * score.applyAsDouble(new Counts(h[c], p[c], a[c]));
            weights += weight;
        }
        if (all.actual() == 0) {
            return Double.NaN;
        }
        return "micro".equals(average) ? score.applyAsDouble(all) : sum / weights;
    }

    @Override
    public void close() {
        numbers.close();
        hits.close();
        predicted.close();
        actual.close();
    }
}
