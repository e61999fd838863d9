// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.facet.Snapshots;
import org.hookline.trainer.OptimizerState;

/** Copies of parameters, buffers and optimizer, on the device. Training thread only. */
final class FlatSnapshots implements Snapshots {
    private final FlatParameters parameters;
    private final FlatOptimizer optimizer;
    private final OptimizerStepper stepper;
    private final NDManager owner;

    /**
     * Offers snapshots.
     *
     * @param parameters copied
     * @param optimizer copied
     * @param stepper copied
     * @param owner of the copies
     */
    FlatSnapshots(FlatParameters parameters, FlatOptimizer optimizer, OptimizerStepper stepper, NDManager owner) {
        this.parameters = parameters;
        this.optimizer = optimizer;
        this.stepper = stepper;
        this.owner = owner;
    }

    @Override
    public Snapshot take() {
        return new Copy();
    }

    private final class Copy implements Snapshot {
        private final NDManager scope = owner.newSubManager();
        private final NDArray flat = copy(parameters.flat());
        private final Map<String, NDArray> buffers = new LinkedHashMap<>();
        private final OptimizerState state;
        private final OptimizerStepper.Position position = stepper.position();

        Copy() {
            parameters.buffers().forEach((name, array) -> buffers.put(name, copy(array)));
            OptimizerState live = optimizer.save();
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            live.arrays().forEach((name, array) -> arrays.put(name, copy(array)));
            state = new OptimizerState(live.optimizer(), live.steps(), arrays);
        }

        private NDArray copy(NDArray array) {
            NDArray copy = array.duplicate();
            copy.attach(scope);
            return copy;
        }

        @Override
        public void restore() {
            Flat.copy(flat, parameters.flat());
            buffers.forEach((name, saved) -> {
                NDArray live = parameters.buffers().get(name);
                try (NDArray to = live.reshape(new Shape(live.size())); NDArray from = saved.reshape(to.getShape())) {
                    Flat.copy(from, to);
                }
            });
            optimizer.load(state);
            stepper.go(position);
        }

        @Override
        public void close() {
            scope.close();
        }
    }
}
