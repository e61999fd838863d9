// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogRecord.Value;

/**
 * Makes records out of the metrics of a run. A record has what is new since the one before it: so a writer that draws
 * curves gets each value once, at its iteration, and the results of evaluations come in records of their own. Only the
 * record of the end has everything.
 */
final class Records {
    /** The newest iteration times that the estimate of the time left looks at. */
    private static final int TIMES = 1000;

    /** Sorting a thousand values takes longer than a small model's step: this often is enough for an estimate. */
    private static final double SECONDS_BETWEEN_MEDIANS = 0.25;

    private int window;
    private final Metrics metrics;
    private final List<String> splits;
    private final Map<String, Long> sent = new HashMap<>();
    private final Map<String, byte[]> images = new LinkedHashMap<>();
    private final Map<String, float[]> histograms = new LinkedHashMap<>();

    /** Those in the metrics that were taken: they are there until the next iteration is over. */
    private final Set<byte[]> takenImages = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<float[]> takenHistograms = Collections.newSetFromMap(new IdentityHashMap<>());

    /** Those of the newest iteration that has any; a run that goes on from there writes them again. */
    private final List<LogRecord> newest = new ArrayList<>();

    private final long startIteration;
    private final double startSeconds;
    private double medianTime = Double.NaN;
    private double medianAt = Double.NEGATIVE_INFINITY;

    /**
     * Starts: what is in the metrics by now counts as sent, unless a state says what was.
     *
     * @param window values that are smoothed over
     * @param splits the splits that are evaluated
     * @param metrics of the run; read from the device once for a record
     * @param p where the run is
     * @param late whether the run has begun before: the pictures and histograms in the metrics then count as sent too
     * @param saved what {@link #save} gave
     */
    Records(int window, List<String> splits, Metrics metrics, Progress p, boolean late, Optional<SavedRecords> saved) {
        this.window = window;
        this.metrics = metrics;
        if (late) {
            takenImages.addAll(metrics.images().values());
            takenHistograms.addAll(metrics.histograms().values());
        }
        this.splits = List.copyOf(splits);
        this.startIteration = p.iteration();
        this.startSeconds = p.elapsedSeconds();
        if (saved.isPresent()) {
            sent.putAll(saved.get().sent());
            images.putAll(saved.get().images());
            histograms.putAll(saved.get().histograms());
            newest.addAll(saved.get().newest());
        } else {
            for (String name : metrics.names()) {
                metrics.series(name).ifPresent(s -> sent.put(name, s.count()));
            }
        }
    }

    /** {@return what a run that goes on from here has to know} */
    SavedRecords save() {
        collect();
        // Copies that keep the order, which is that of what is written.
        return new SavedRecords(new LinkedHashMap<>(sent), new LinkedHashMap<>(images), new LinkedHashMap<>(histograms),
                List.copyOf(newest));
    }

    /** {@return the records of an iteration, if it is the newest that has any} */
    List<LogRecord> of(long iteration) {
        return newest.stream().filter(r -> r.iteration() == iteration).toList();
    }

    /**
     * Smooths over another number of values from the next record on.
     *
     * @param values how many
     */
    void smoothOver(int values) {
        window = values;
    }

    /**
     * Keeps the pictures and histograms of this iteration for the next record, and those that hooks behind the logger
     * added in the iteration before.
     */
    void collect() {
        take(metrics.images(), takenImages, images);
        take(metrics.histograms(), takenHistograms, histograms);
    }

    private static <T> void take(Map<String, T> there, Set<T> taken, Map<String, T> waiting) {
        if (there.isEmpty()) {
            taken.clear();
            return;
        }
        there.forEach((name, value) -> {
            if (taken.add(value)) {
                waiting.put(name, value);
            }
        });
        taken.retainAll(there.values());
    }

    /**
     * Makes the record of a logging period.
     *
     * @param p where the run is; the iteration is not counted yet
     * @return the record, with what is new beside evaluations
     */
    LogRecord training(Progress p) {
        return make(Kind.TRAINING, Optional.empty(), scalars(true, n -> splitOf(n).isEmpty()), p, 1);
    }

    /**
     * Makes the records of an evaluation.
     *
     * @param p where the run is
     * @param uncounted 1 inside an iteration, which is not counted yet, otherwise 0
     * @return a record for each split that has new values
     */
    List<LogRecord> evaluation(Progress p, int uncounted) {
        List<LogRecord> records = new ArrayList<>();
        for (String split : splits) {
            Map<String, Value> scalars =
                    scalars(true, n -> splitOf(n).filter(split::equals).isPresent());
            if (!scalars.isEmpty()) {
                records.add(make(Kind.EVALUATION, Optional.of(split), scalars, p, uncounted));
            }
        }
        return records;
    }

    /**
     * Makes the record of the end.
     *
     * @param p where the run is
     * @return the record, with every scalar that the run had
     */
    LogRecord end(Progress p) {
        return make(Kind.END, Optional.empty(), scalars(false, n -> true), p, 0);
    }

    /** The split of {@code test/accuracy} and of {@code best/test/accuracy}. */
    private Optional<String> splitOf(String name) {
        String rest = name.startsWith("best/") ? name.substring(5) : name;
        int slash = rest.indexOf('/');
        return slash > 0 && splits.contains(rest.substring(0, slash)) ? Optional.of(rest.substring(0, slash))
                : Optional.empty();
    }

    private Map<String, Value> scalars(boolean onlyNew, Predicate<String> wanted) {
        Map<String, Value> scalars = new LinkedHashMap<>();
        for (String name : metrics.names()) {
            if (wanted.test(name)) {
                metrics.series(name).ifPresent(s -> {
                    boolean fresh = s.count() > sent.getOrDefault(name, 0L);
                    if (fresh || !onlyNew) {
                        sent.put(name, s.count());
                        scalars.put(name, new Value(s.latest(), s.smooth() ? s.median(window) : s.latest(),
                                s.mean(window), s.globalMean(), fresh));
                    }
                });
            }
        }
        return scalars;
    }

    private LogRecord make(Kind kind, Optional<String> split, Map<String, Value> scalars, Progress p,
            int uncounted) {
        collect();
        LogRecord made = new LogRecord(kind, p.mode(), p.epoch(), p.epochs(), p.iteration() + uncounted, p.iterations(),
                p.innerIteration() + uncounted, p.innerIterations(), p.elapsedSeconds(),
                secondsLeft(p, uncounted), split, Collections.unmodifiableMap(scalars),
                Collections.unmodifiableMap(new LinkedHashMap<>(images)),
                Collections.unmodifiableMap(new LinkedHashMap<>(histograms)));
        images.clear();
        histograms.clear();
        if (kind != Kind.END) {
            newest.removeIf(r -> r.iteration() != made.iteration());
            newest.add(made);
        }
        return made;
    }

    /** The median does not mind single slow iterations; without a timer hook the mean since the start has to do. */
    private double secondsLeft(Progress p, int uncounted) {
        long done = p.iteration() + uncounted;
        long left = p.iterations() - done;
        double now = p.elapsedSeconds();
        if (Double.isNaN(medianTime) || now - medianAt >= SECONDS_BETWEEN_MEDIANS) {
            medianTime = metrics.series("iter_time").map(t -> t.median(TIMES)).orElse(Double.NaN);
            medianAt = now;
        }
        double each = !Double.isNaN(medianTime) ? medianTime
                : done > startIteration ? (now - startSeconds) / (done - startIteration) : Double.NaN;
        return each * left;
    }
}
