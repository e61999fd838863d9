// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.torch.Torch;
import org.hookline.trainer.OptimizerState;

/**
 * An optimizer on flat arrays. It works on ranges: stretches of the flat array whose parameters are trained and have
 * the same number of steps. Without frozen parameters that is one range, the whole array. Training thread only.
 */
abstract sealed class FlatOptimizer permits FlatAdam, FlatSgd {
    /** A stretch of the flat arrays, as views; state in the order of the names given to the constructor. */
    static final class Range {
        private final int firstSegment;
        private final int endSegment;
        private final NDArray parameter;
        private final NDArray gradient;
        private final NDArray[] state;
        /** The number of steps, on the device. */
        private final NDArray deviceSteps;
        private long steps;
        /** Steps with the gradients of leaves; null until they are asked for. */
        private Optional<Torch.LeafSteps> onLeaves;

        Range(int firstSegment, int endSegment, NDArray parameter, NDArray gradient, NDArray[] state,
                NDArray deviceSteps, long steps) {
            this.firstSegment = firstSegment;
            this.endSegment = endSegment;
            this.parameter = parameter;
            this.gradient = gradient;
            this.state = state;
            this.deviceSteps = deviceSteps;
            this.steps = steps;
        }

        NDArray parameter() {
            return parameter;
        }

        NDArray gradient() {
            return gradient;
        }

        NDArray state(int index) {
            return state[index];
        }

        NDArray deviceSteps() {
            return deviceSteps;
        }

        /** {@return the number of this step, from 1, during a step} */
        long steps() {
            return steps;
        }

        private void closeSteps() {
            if (onLeaves != null) {
                onLeaves.ifPresent(Torch.LeafSteps::close);
                onLeaves = null;
            }
        }

        private void close() {
            closeSteps();
            parameter.close();
            gradient.close();
            deviceSteps.close();
            for (NDArray array : state) {
                array.close();
            }
        }
    }

    private final String name;
    private final FlatParameters parameters;
    private final NDArray gradient;
    private final NDManager owner;
    private final Map<String, NDArray> state = new LinkedHashMap<>();
    private final NDArray one;
    private final List<Range> ranges = new ArrayList<>();
    /** Steps by parameter; behind while ranges are in use, see {@link #settle}. */
    private final long[] steps;

    FlatOptimizer(String name, List<String> stateNames, FlatParameters parameters, NDArray gradient, NDManager owner) {
        this.name = name;
        this.parameters = parameters;
        this.gradient = gradient;
        this.owner = owner;
        for (String stateName : stateNames) {
            state.put(stateName, owner.zeros(parameters.flat().getShape(), DataType.FLOAT32));
        }
        one = Flat.scalar(owner, 1);
        steps = new long[parameters.segments().size()];
        split();
    }

    /** {@return the type, as in run files} */
    final String name() {
        return name;
    }

    final NDManager owner() {
        return owner;
    }

    /** Does one step with the gradients as they are. */
    final void step(double learningRate, double momentum) {
        for (Range range : ranges) {
            range.steps++;
            range.deviceSteps.addi(one);
            update(range, learningRate, momentum);
        }
    }

    /**
     * Does one step with the gradients that leaves have, of which the large ones stay where they are.
     *
     * @param slots where they are
     * @param learningRate of this step
     * @param momentum of this step
     * @return false, and nothing is done, where they are to be gathered first
     */
    final boolean step(Torch.GradientSlots slots, double learningRate, double momentum) {
        // One range of everything: no parameter is frozen, and none has another number of steps.
        if (ranges.size() != 1 || ranges.getFirst().endSegment - ranges.getFirst().firstSegment != steps.length) {
            return false;
        }
        Range range = ranges.getFirst();
        if (range.onLeaves == null) {
            range.onLeaves = slotSteps(range, slots);
        }
        if (range.onLeaves.isEmpty()) {
            return false;
        }
        range.steps++;
        range.deviceSteps.addi(one);
        if (update(range, range.onLeaves.get(), learningRate, momentum)) {
            return true;
        }
        range.steps--;
        range.deviceSteps.subi(one);
        return false;
    }

    /** Prepares what {@link #update(Range, Torch.LeafSteps, double, double)} does, if it can be done. */
    abstract Optional<Torch.LeafSteps> slotSteps(Range range, Torch.GradientSlots slots);

    /** Does one step of a range with the gradients of leaves; false if it was not done. */
    abstract boolean update(Range range, Torch.LeafSteps onLeaves, double learningRate, double momentum);

    /** Lets go of what belongs to gradients; before they are closed. */
    final void close() {
        ranges.forEach(Range::closeSteps);
    }

    /** Does one step of a range. */
    abstract void update(Range range, double learningRate, double momentum);

    /** To be called when parameters were frozen or set free. */
    final void rangesChanged() {
        settle();
        ranges.forEach(Range::close);
        ranges.clear();
        split();
    }

    /** Brings the steps by parameter up to date. */
    private void settle() {
        for (Range range : ranges) {
            Arrays.fill(steps, range.firstSegment, range.endSegment, range.steps);
        }
    }

    private void split() {
        List<FlatParameters.Segment> segments = parameters.segments();
        int first = 0;
        while (first < segments.size()) {
            if (segments.get(first).frozen()) {
                first++;
                continue;
            }
            int end = first + 1;
            while (end < segments.size() && !segments.get(end).frozen() && steps[end] == steps[first]) {
                end++;
            }
            ranges.add(range(first, end));
            first = end;
        }
    }

    private Range range(int first, int end) {
        long from = parameters.segments().get(first).start();
        long to = parameters.segments().get(end - 1).end();
        NDArray[] views = state.values().stream().map(a -> Flat.view(a, owner, from, to)).toArray(NDArray[]::new);
        return new Range(first, end, Flat.view(parameters.flat(), owner, from, to),
                Flat.view(gradient, owner, from, to), views, Flat.scalar(owner, (double) steps[first]), steps[first]);
    }

    /** {@return the live state} */
    final OptimizerState save() {
        settle();
        return new OptimizerState(name, Arrays.stream(steps).boxed().toList(), state);
    }

    /**
     * Takes a state over; copies its values.
     *
     * @param saved the state
     */
    final void load(OptimizerState saved) {
        if (!saved.optimizer().equals(name)) {
            throw new IllegalArgumentException("the state is that of optimizer " + saved.optimizer() + ", expected "
                    + name);
        }
        if (saved.steps().size() != steps.length || !saved.arrays().keySet().equals(state.keySet())) {
            throw new IllegalArgumentException("the optimizer's state is that of " + saved.steps().size()
                    + " parameters with " + saved.arrays().keySet() + ", expected " + steps.length + " with "
                    + state.keySet());
        }
        saved.arrays().forEach((key, array) -> {
            if (!array.getShape().equals(gradient.getShape())) {
                throw new IllegalArgumentException("the optimizer's " + key + " has shape " + array.getShape()
                        + ", expected " + gradient.getShape());
            }
        });
        saved.arrays().forEach((key, array) -> Flat.copy(array, state.get(key)));
        ranges.forEach(Range::close);
        ranges.clear();
        for (int i = 0; i < steps.length; i++) {
            steps[i] = saved.steps().get(i);
        }
        split();
    }
}
