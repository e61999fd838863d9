// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.hookline.trainer.Optimizers;

/** The checked options of an optimizer. Immutable. */
sealed interface OptimizerOptions {
    /** {@return the type, as in run files} */
    String name();

    /** {@return the learning rate that schedules start from} */
    double learningRate();

    /** {@return the momentum of SGD, or beta1} */
    double momentum();

    /** {@return the feature with which libtorch does it in one call} */
    Torch.Feature feature();

    /**
     * Makes the optimizer.
     *
     * @param parameters what it changes
     * @param gradient what it reads
     * @param owner of its state, on the device
     * @param torch if it has {@link #feature}
     * @return the optimizer
     */
    FlatOptimizer open(FlatParameters parameters, NDArray gradient, NDManager owner, Optional<Torch> torch);

    /**
     * Checks the options of a run file.
     *
     * @param section type and options
     * @param base the folder of the run file
     * @return the checked options
     * @throws UserError if the type is unknown or an option is wrong
     */
    static OptimizerOptions of(RunSpec.Section section, Path base) {
        Map<String, List<Option>> declared = Optimizers.declared();
        List<Option> known = declared.get(section.type());
        if (known == null) {
            throw new UserError("optimizer: unknown type '" + section.type() + "'"
                    + Nearest.suggest(section.type(), declared.keySet()));
        }
        Options options = Options.of("optimizer " + section.type(), base, known, section.options());
        double learningRate = options.number("lr", 0, Double.MAX_VALUE);
        double weightDecay = options.number("weight_decay", 0, Double.MAX_VALUE);
        if (section.type().equals("sgd")) {
            Sgd sgd = new Sgd(learningRate, unit(options, "momentum", options.number("momentum")),
                    options.number("dampening", 0, 1), options.is("nesterov"), weightDecay);
            if (sgd.nesterov() && (sgd.momentum() == 0 || sgd.dampening() != 0)) {
                throw new UserError("optimizer sgd: nesterov needs a momentum above 0 and no dampening; momentum is "
                        + sgd.momentum() + ", dampening is " + sgd.dampening());
            }
            return sgd;
        }
        List<Double> betas = options.numbers("betas");
        if (betas.size() != 2) {
            throw new UserError(options.owner() + ": option 'betas' is " + betas + ", expected two numbers");
        }
        double eps = options.number("eps");
        if (!(eps > 0 && eps < Double.MAX_VALUE)) {
            throw new UserError(options.owner() + ": option 'eps' is " + eps + ", expected a number above 0");
        }
        return new Adam(section.type().equals("adamw"), learningRate, unit(options, "betas", betas.get(0)),
                unit(options, "betas", betas.get(1)), eps, weightDecay);
    }

    private static double unit(Options options, String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new UserError(options.owner() + ": option '" + name + "' is " + value
                    + ", expected 0 or more and less than 1");
        }
        return value;
    }

    /** {@code sgd}. */
    record Sgd(double learningRate, double momentum, double dampening, boolean nesterov, double weightDecay)
            implements OptimizerOptions {
        @Override
        public String name() {
            return "sgd";
        }

        @Override
        public Torch.Feature feature() {
            return Torch.Feature.FUSED_SGD;
        }

        @Override
        public FlatOptimizer open(FlatParameters parameters, NDArray gradient, NDManager owner,
                Optional<Torch> torch) {
            return new FlatSgd(this, parameters, gradient, owner, torch);
        }
    }

    /** {@code adam} and {@code adamw}. */
    record Adam(boolean decoupled, double learningRate, double beta1, double beta2, double eps, double weightDecay)
            implements OptimizerOptions {
        @Override
        public String name() {
            return decoupled ? "adamw" : "adam";
        }

        @Override
        public double momentum() {
            return beta1;
        }

        @Override
        public Torch.Feature feature() {
            return decoupled ? Torch.Feature.FUSED_ADAMW : Torch.Feature.FUSED_ADAM;
        }

        @Override
        public FlatOptimizer open(FlatParameters parameters, NDArray gradient, NDManager owner,
                Optional<Torch> torch) {
            return new FlatAdam(this, parameters, gradient, owner, torch);
        }
    }
}
