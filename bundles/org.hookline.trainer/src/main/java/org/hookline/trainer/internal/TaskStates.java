// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.hookline.api.UserError;
import org.hookline.api.facet.Precision;
import org.hookline.engine.Accumulation;
import org.hookline.engine.TaskState;
import org.hookline.trainer.OptimizerState;

/**
 * The state of a task, saved and taken up. Flat arrays are saved parameter by parameter, so that other programs find
 * them by name and no tensor gets larger than the largest parameter. Training thread only, except {@link #release}.
 */
final class TaskStates {
    private static final String OPTIMIZER = "optimizer";
    private static final String GRADIENTS = "gradients";
    private static final String CHANNELS_LAST = "channels_last";
    private static final String IN_FLAT = "flat";
    private static final String ON_LEAVES = "leaves";

    /** A copy of a flat array, and views of it by parameter. */
    private record Copy(NDArray flat, Map<String, NDArray> views) {}

    private final TorchRandomNumbers random;
    private final FlatParameters parameters;
    private final FlatGradients gradients;
    private final FlatOptimizer optimizer;
    private final Accumulation accumulation;
    private final OptimizerStepper stepper;
    private final FlatWeights weights;
    private final MixedPrecision precision;
    private final SplitEvaluation evaluation;
    private final NDManager owner;

    /** On the CPU copies are kept: fresh memory costs more than the copy, page by page. */
    private final Map<String, Copy> kept = new LinkedHashMap<>();

    /** Owns what the state that is out has for itself. */
    private final AtomicReference<NDManager> out = new AtomicReference<>();

    TaskStates(TorchRandomNumbers random, FlatParameters parameters, FlatGradients gradients, FlatOptimizer optimizer,
            Accumulation accumulation, OptimizerStepper stepper, FlatWeights weights, MixedPrecision precision,
            SplitEvaluation evaluation, NDManager owner) {
        this.random = random;
        this.parameters = parameters;
        this.gradients = gradients;
        this.optimizer = optimizer;
        this.accumulation = accumulation;
        this.stepper = stepper;
        this.weights = weights;
        this.precision = precision;
        this.evaluation = evaluation;
        this.owner = owner;
    }

    /** {@return a copy of the state} */
    TaskState save() {
        if (out.get() != null) {
            throw new IllegalStateException("the state that was saved before has not been released");
        }
        NDManager scope = owner.newSubManager();
        out.set(scope);
        Map<String, Map<String, NDArray>> arrays = new LinkedHashMap<>();
        Map<String, NDArray> model = new LinkedHashMap<>(copy(TaskState.MODEL, parameters.flat(), scope).views());
        parameters.buffers().forEach((name, buffer) -> {
            NDArray copy = buffer.duplicate();
            copy.attach(scope);
            model.put(name, copy);
        });
        arrays.put(TaskState.MODEL, model);
        OptimizerState optimizerState = optimizer.save();
        Map<String, NDArray> moments = new LinkedHashMap<>();
        optimizerState.arrays().forEach((key, flat) -> copy(key, flat, scope).views()
                .forEach((name, view) -> moments.put(key + "." + name, view)));
        if (!moments.isEmpty()) {
            arrays.put(OPTIMIZER, moments);
        }
        Map<String, NDArray> partial = new LinkedHashMap<>();
        if (accumulation.underWay()) {
            if (gradients.inFlat()) {
                copy(IN_FLAT, gradients.target(), scope).views()
                        .forEach((name, view) -> partial.put(IN_FLAT + "." + name, view));
            }
            if (gradients.onLeaves()) {
                Copy copy = target(ON_LEAVES, scope);
                gradients.copyLeaves(copy.flat());
                copy.views().forEach((name, view) -> partial.put(ON_LEAVES + "." + name, view));
            }
        }
        if (!partial.isEmpty()) {
            arrays.put(GRADIENTS, partial);
        }
        return new TaskState(values(optimizerState), arrays);
    }

    private Map<String, Object> values(OptimizerState optimizerState) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("random", random.base());
        values.put("optimizer", optimizerState.optimizer());
        values.put("optimizer_arrays", List.copyOf(optimizerState.arrays().keySet()));
        values.put("optimizer_steps", optimizerState.steps().stream().mapToLong(Long::longValue).toArray());
        values.put("frozen", parameters.segments().stream().filter(FlatParameters.Segment::frozen)
                .map(FlatParameters.Segment::name).toList());
        values.put(CHANNELS_LAST, parameters.channelsLast());
        values.put("accumulation", accumulation.save());
        values.put("stepper", stepper.save());
        values.put("precision", precision.type().name().toLowerCase(Locale.ROOT));
        values.put("evaluations", evaluation.save());
        return values;
    }

    private Copy copy(String key, NDArray flat, NDManager scope) {
        Copy copy = target(key, scope);
        parameters.copyInOrder(flat, copy.flat());
        return copy;
    }

    private Copy target(String key, NDManager scope) {
        return owner.getDevice().isGpu() ? fresh(scope) : kept.computeIfAbsent(key, k -> fresh(owner));
    }

    private Copy fresh(NDManager of) {
        NDArray flat = of.create(parameters.flat().getShape(), DataType.FLOAT32);
        Map<String, NDArray> views = new LinkedHashMap<>();
        for (FlatParameters.Segment segment : parameters.segments()) {
            try (NDArray part = Flat.view(flat, of, segment.start(), segment.end())) {
                views.put(segment.name(), part.reshape(segment.shape()));
            }
        }
        return new Copy(flat, views);
    }

    /** Gives a state back; for any thread. */
    void release(TaskState state) {
        NDManager scope = out.getAndSet(null);
        if (scope != null) {
            scope.close();
        }
    }

    /** Takes a state up. */
    void load(TaskState state) {
        checkFormat(Boolean.TRUE.equals(state.values().get(CHANNELS_LAST)));
        Map<String, NDArray> model = state.arrays().getOrDefault(TaskState.MODEL, Map.of());
        WeightsFile.Contents contents = new WeightsFile.Contents(null, model);
        contents.intoExactly(parameters);
        try (NDManager scope = owner.newSubManager()) {
            load(state.values(), state, scope);
        } catch (IllegalArgumentException | ClassCastException e) {
            throw new UserError("the checkpoint does not fit this run: " + DjlRuntime.firstLine(e), e);
        }
    }

    /** What is here is saved in the order of indexes, but what hooks made of the flat array in that of memory. */
    private void checkFormat(boolean saved) {
        if (saved != parameters.channelsLast()) {
            throw new UserError("the checkpoint is of a run with channels_last: " + saved + ", this one has "
                    + parameters.channelsLast() + "; set it to " + saved
                    + ", or take the weights alone with load_from");
        }
    }

    private void load(Map<String, Object> values, TaskState state, NDManager scope) {
        List<String> frozen = texts(values, "frozen");
        weights.setFrozen(weights.names(), false);
        weights.setFrozen(frozen, true);
        Map<String, NDArray> moments = new LinkedHashMap<>();
        for (String key : texts(values, "optimizer_arrays")) {
            moments.put(key, join(state, OPTIMIZER, key, scope));
        }
        List<Long> steps = new ArrayList<>();
        for (long n : (long[]) of(values, "optimizer_steps")) {
            steps.add(n);
        }
        optimizer.load(new OptimizerState((String) of(values, "optimizer"), steps, moments));
        stepper.load((Map<?, ?>) of(values, "stepper"));
        accumulation.load((long[]) of(values, "accumulation"));
        precision.setType(Precision.Type.valueOf(((String) of(values, "precision")).toUpperCase(Locale.ROOT)));
        random.setBase((Long) of(values, "random"));
        evaluation.load((List<?>) of(values, "evaluations"));
        gradients.load(has(state, IN_FLAT) ? join(state, GRADIENTS, IN_FLAT, scope) : null,
                has(state, ON_LEAVES) ? join(state, GRADIENTS, ON_LEAVES, scope) : null);
    }

    private static boolean has(TaskState state, String key) {
        return state.arrays().getOrDefault(GRADIENTS, Map.of()).keySet().stream()
                .anyMatch(n -> n.startsWith(key + "."));
    }

    /** Joins the parts of a flat array. */
    private NDArray join(TaskState state, String group, String key, NDManager scope) {
        NDArray flat = scope.create(parameters.flat().getShape(), DataType.FLOAT32);
        Map<String, NDArray> parts = state.arrays().getOrDefault(group, Map.of());
        for (FlatParameters.Segment segment : parameters.segments()) {
            NDArray part = parts.get(key + "." + segment.name());
            if (part == null || !part.getShape().equals(segment.shape())) {
                throw new IllegalArgumentException(key + " of parameter " + segment.name() + " has "
                        + (part == null ? "no values" : "shape " + part.getShape()) + ", expected shape "
                        + segment.shape());
            }
            segment.put(part, flat);
        }
        return flat;
    }

    private static Object of(Map<String, Object> values, String key) {
        Object value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("it does not tell '" + key + "'");
        }
        return value;
    }

    private static List<String> texts(Map<String, Object> values, String key) {
        return ((List<?>) of(values, key)).stream().map(Object::toString).toList();
    }
}
