// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import org.hookline.api.data.Dataset;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;

/**
 * DJL's own way to train: {@link EasyTrain#trainBatch} and {@link Trainer#step} over an {@link ArrayDataset} in memory,
 * with the accuracy that DJL's examples have, or with no evaluator and no listener at all.
 */
record EasyTrainContestant(Work work, int threads, boolean accuracy) implements Seat.Contestant {
    @Override
    public void turnBegins() {
        TorchLoader.load().useBlas(Torch.Blas.LIBTORCH);
    }

    @Override
    public void train(Seat seat) throws Exception {
        Engine engine = Engine.getInstance();
        JniUtils.setNumThreads(threads);
        try (Dataset data = work.open();
                Model model = Model.newInstance("peer", Device.cpu());
                NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            model.setBlock(work.block(data.spec(), Work.DJL_ALONE));
            DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                    .optDevices(new Device[] {Device.cpu()})
                    .optOptimizer(Optimizer.adamW().optLearningRateTracker(Tracker.fixed((float) Work.LEARNING_RATE))
                            .optWeightDecays((float) Work.WEIGHT_DECAY).build());
            if (accuracy) {
                config.addEvaluator(new Accuracy());
                config.addTrainingListeners(new EvaluatorTrainingListener());
            }
            Arrays arrays = Arrays.of(data);
            ArrayDataset dataset = new ArrayDataset.Builder().setData(arrays.features(manager))
                    .optLabels(arrays.classes(manager)).setSampling(work.batch(), false, true).build();
            try (Trainer trainer = model.newTrainer(config)) {
                engine.setRandomSeed(Work.SEED);
                trainer.initialize(arrays.batch(work.batch()));
                trainer.notifyListeners(listener -> listener.onTrainingBegin(trainer));
                seat.starts(() -> norm(model));
                train(trainer, dataset, seat);
            }
        }
    }

    private static void train(Trainer trainer, ArrayDataset dataset, Seat seat) throws Exception {
        while (true) {
            for (Batch batch : trainer.iterateDataset(dataset)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
                batch.close();
                if (!seat.iterated()) {
                    return;
                }
            }
            trainer.notifyListeners(listener -> listener.onEpoch(trainer));
        }
    }

    private static double norm(Model model) {
        double squares = 0;
        for (Parameter parameter : model.getBlock().getParameters().values()) {
            if (parameter.requiresGradient()) {
                squares += Math.pow(LimitContestant.norm(parameter.getArray()), 2);
            }
        }
        return Math.sqrt(squares);
    }
}
