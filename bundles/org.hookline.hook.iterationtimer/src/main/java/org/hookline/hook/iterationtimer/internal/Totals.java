// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.iterationtimer.internal;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The sums that make up the summary. */
final class Totals {
    private long warmup;
    private long iterations;
    private long samples;
    private double seconds;
    private double dataSeconds;
    private double stepSeconds;
    private double evaluationSeconds;

    /** Adds an iteration that the summary leaves out: neither its count nor its time is in the means. */
    void addWarmup() {
        warmup++;
    }

    void add(int batch, double iteration, double data, double step) {
        iterations++;
        samples += batch;
        seconds += iteration;
        dataSeconds += data;
        stepSeconds += step;
    }

    void addEvaluation(double time) {
        evaluationSeconds += time;
    }

    /** {@return whether there was no iteration at all} */
    boolean isEmpty() {
        return warmup == 0 && iterations == 0;
    }

    /** {@return the summary by name; times in seconds, those of one iteration are means} */
    Map<String, Object> summary() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("iterations", iterations);
        map.put("warmup", warmup);
        map.put("samples", samples);
        map.put("seconds", seconds);
        if (iterations > 0) {
            map.put("iter_time", seconds / iterations);
            map.put("data_time", dataSeconds / iterations);
            map.put("step_time", stepSeconds / iterations);
        }
        if (seconds > 0) {
            map.put("samples_per_second", samples / seconds);
        }
        map.put("evaluation_seconds", evaluationSeconds);
        return map;
    }

    /** {@return the summary in words} */
    String text() {
        String evaluation = evaluationSeconds > 0 ? String.format(Locale.ROOT, "; evaluation %.2f s", evaluationSeconds)
                : "";
        if (iterations == 0) {
            return "nothing to measure: all " + warmup + " iterations were warm-up" + evaluation;
        }
        return String.format(Locale.ROOT, "%,d iterations in %.2f s (%d more for warm-up): %.3f ms each, of which data "
                + "%.3f ms and step %.3f ms; %,.0f samples/s%s", iterations, seconds, warmup,
                1e3 * seconds / iterations, 1e3 * dataSeconds / iterations, 1e3 * stepSeconds / iterations,
                seconds > 0 ? samples / seconds : 0, evaluation);
    }

    Map<String, Object> save() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("warmup", warmup);
        state.put("iterations", iterations);
        state.put("samples", samples);
        state.put("seconds", seconds);
        state.put("data_seconds", dataSeconds);
        state.put("step_seconds", stepSeconds);
        state.put("evaluation_seconds", evaluationSeconds);
        return state;
    }

    static Totals load(Map<String, Object> state) {
        Totals totals = new Totals();
        totals.warmup = number(state, "warmup").longValue();
        totals.iterations = number(state, "iterations").longValue();
        totals.samples = number(state, "samples").longValue();
        totals.seconds = number(state, "seconds").doubleValue();
        totals.dataSeconds = number(state, "data_seconds").doubleValue();
        totals.stepSeconds = number(state, "step_seconds").doubleValue();
        totals.evaluationSeconds = number(state, "evaluation_seconds").doubleValue();
        return totals;
    }

    private static Number number(Map<String, Object> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n;
        }
        throw new IllegalArgumentException("state has no number '" + key + "'");
    }
}
