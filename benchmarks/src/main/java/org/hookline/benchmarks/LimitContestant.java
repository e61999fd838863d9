// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import org.hookline.api.data.Dataset;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;

/**
 * The limit: forward pass, loss, backward pass and one fused step on flat parameters, alone in a loop. The batches lie
 * ready in memory; no hooks, no metrics, no norm of the gradient, no data pipeline.
 */
record LimitContestant(Work work, int threads) implements Seat.Contestant {
    private static final class Leaves extends ParameterStore {
        Leaves(NDManager manager) {
            super(manager, false);
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            return parameter == null ? null : parameter.getArray();
        }
    }

    @Override
    public void train(Seat seat) throws Exception {
        Engine engine = Engine.getInstance();
        Torch torch = TorchLoader.load();
        torch.setThreads(threads);
        torch.keepFreedMemory();
        // Before its threads start, which inherit it.
        torch.setFlushDenormal(true);
        torch.useBlas(torch.fasterBlas(threads));
        JniUtils.setGradMode(false);
        try (Dataset data = work.open(); NDManager manager = engine.newBaseManager(Device.cpu())) {
            Arrays arrays = Arrays.of(data);
            Block block = work.block(data.spec(), torch);
            NDManager owner = manager.newSubManager();
            engine.setRandomSeed(Work.SEED);
            block.initialize(owner, DataType.FLOAT32, arrays.batch(work.batch()));
            List<NDArray> leaves = new ArrayList<>();
            NDArray flat = flatten(block, owner, leaves, work.channelsLast());
            NDArray gradient = manager.zeros(flat.getShape());
            NDArray mean = manager.zeros(flat.getShape());
            NDArray variance = manager.zeros(flat.getShape());
            NDArray steps = manager.zeros(new Shape());
            NDArray one = manager.ones(new Shape());
            List<NDList> batches = batches(arrays, manager, torch);
            seat.starts(() -> norm(flat));
            try (Torch.GradientSlots slots = torch.gradientSlots(leaves, gradient)) {
                Leaves store = new Leaves(owner);
                int next = 0;
                do {
                    NDList batch = batches.get(next++ % batches.size());
                    try (NDManager scope = manager.newSubManager()) {
                        NDArray x = batch.get(0);
                        x.attach(scope);
                        JniUtils.setGradMode(true);
                        NDArray predictions = block.forward(store, new NDList(x), true).singletonOrThrow();
                        NDArray loss = torch.crossEntropy(predictions, batch.get(1), 0);
                        JniUtils.setGradMode(false);
                        x.attach(manager);
                        JniUtils.backward((PtNDArray) loss, (PtNDArray) one, false, false);
                    }
                    slots.gather();
                    slots.clear();
                    steps.addi(one);
                    torch.adamW(flat, gradient, mean, variance, steps, Work.LEARNING_RATE, 0.9, 0.999, 1e-8,
                            Work.WEIGHT_DECAY);
                } while (seat.iterated());
            }
        }
    }

    /** {@return the L2 norm, in double: of millions of numbers a float's would be off by a thousandth} */
    static double norm(NDArray flat) {
        try (NDArray wide = flat.toType(DataType.FLOAT64, true); NDArray norm = wide.norm()) {
            return norm.getDouble();
        }
    }

    /**
     * Each parameter becomes a leaf view of one flat array; weights of convolutions with the channels last, if wanted.
     */
    private static NDArray flatten(Block block, NDManager owner, List<NDArray> leaves, boolean channelsLast) {
        List<NDArray> parameters = block.getParameters().values().stream().filter(Parameter::requiresGradient)
                .map(Parameter::getArray).toList();
        NDList flattened = new NDList(parameters.stream()
                .map(p -> turns(p, channelsLast) ? p.transpose(0, 2, 3, 1) : p).map(NDArray::flatten).toList());
        NDArray flat = ai.djl.ndarray.NDArrays.concat(flattened);
        flattened.close();
        flat.attach(owner.getParentManager());
        long start = 0;
        for (NDArray parameter : parameters) {
            Shape shape = parameter.getShape();
            try (NDArray part = flat.get(owner, new NDIndex().addSliceDim(start, start + shape.size()))) {
                NDArray leaf = turns(parameter, channelsLast)
                        ? part.reshape(shape.get(0), shape.get(2), shape.get(3), shape.get(1)).transpose(0, 3, 1, 2)
                        : part.reshape(shape);
                leaf.setRequiresGradient(true);
                parameter.intern(leaf);
            }
            leaves.add(parameter);
            start += shape.size();
        }
        return flat;
    }

    private static boolean turns(NDArray parameter, boolean channelsLast) {
        return channelsLast && parameter.getShape().dimension() == 4;
    }

    private List<NDList> batches(Arrays arrays, NDManager manager, Torch torch) {
        List<NDList> batches = new ArrayList<>();
        NDArray features = arrays.features(manager);
        NDArray classes = arrays.classes(manager);
        for (int i = 0; i + work.batch() <= arrays.shape().get(0); i += work.batch()) {
            NDIndex range = new NDIndex().addSliceDim(i, i + work.batch());
            NDArray images = features.get(range);
            batches.add(new NDList(work.channelsLast() ? torch.channelsLast(images) : images, classes.get(range)));
        }
        return batches;
    }
}
