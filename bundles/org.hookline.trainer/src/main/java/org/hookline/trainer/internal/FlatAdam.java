// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import org.hookline.torch.Torch;

/**
 * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), as {@code torch.optim} computes them.
 *
 * <pre>
 * Adam:  g = g + decay * p            AdamW:  p = p - lr * decay * p
 * m = m + (1 - beta1) * (g - m)
 * v = beta2 * v + (1 - beta2) * g * g
 * p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 */
final class FlatAdam extends FlatOptimizer {
    private static final List<String> STATE = List.of("exp_avg", "exp_avg_sq");

    private final boolean decoupled;
    private final double beta2;
    private final double eps;
    private final double weightDecay;
    private final Torch torch;

    /**
     * Makes the optimizer.
     *
     * @param settings its options
     * @param parameters changed by steps
     * @param gradient read by steps, and with Adam's weight decay changed
     * @param owner of its state, on the device
     * @param torch if it has this optimizer in one call
     */
    FlatAdam(OptimizerOptions.Adam settings, FlatParameters parameters, NDArray gradient, NDManager owner,
            Optional<Torch> torch) {
        super(settings.name(), STATE, parameters, gradient, owner);
        decoupled = settings.decoupled();
        beta2 = settings.beta2();
        eps = settings.eps();
        weightDecay = settings.weightDecay();
        this.torch = torch.orElse(null);
    }

    @Override
    void update(Range range, double learningRate, double beta1) {
        NDArray parameter = range.parameter();
        NDArray mean = range.state(0);
        NDArray variance = range.state(1);
        if (torch == null) {
            plain(range, learningRate, beta1);
        } else if (decoupled) {
            torch.adamW(parameter, range.gradient(), mean, variance, range.deviceSteps(), learningRate, beta1, beta2,
                    eps, weightDecay);
        } else {
            torch.adam(parameter, range.gradient(), mean, variance, range.deviceSteps(), learningRate, beta1, beta2,
                    eps, weightDecay);
        }
    }

    @Override
    Optional<Torch.LeafSteps> slotSteps(Range range, Torch.GradientSlots slots) {
        return torch == null ? Optional.empty()
                : slots.steps(range.parameter(), List.of(range.state(0), range.state(1)), range.deviceSteps());
    }

    @Override
    boolean update(Range range, Torch.LeafSteps onLeaves, double learningRate, double beta1) {
        return onLeaves.adam(decoupled, learningRate, beta1, beta2, eps, weightDecay);
    }

    private void plain(Range range, double learningRate, double beta1) {
        if (decoupled && weightDecay != 0) {
            try (NDArray keep = Flat.scalar(owner(), 1 - learningRate * weightDecay)) {
                range.parameter().muli(keep);
            }
        }
        if (decoupled || weightDecay == 0) {
            moments(range, range.gradient(), learningRate, beta1);
        } else {
            try (NDArray decay = Flat.scalar(owner(), weightDecay);
                    NDArray penalised = range.parameter().mul(decay)) {
                moments(range, penalised.addi(range.gradient()), learningRate, beta1);
            }
        }
    }

    private void moments(Range range, NDArray gradient, double learningRate, double beta1) {
        NDArray mean = range.state(0);
        NDArray variance = range.state(1);
        double correction1 = 1 - Math.pow(beta1, (double) range.steps());
        double correction2 = 1 - Math.pow(beta2, (double) range.steps());
        try (NDArray weight1 = Flat.scalar(owner(), 1 - beta1);
                NDArray change = gradient.sub(mean);
                NDArray keep2 = Flat.scalar(owner(), beta2);
                NDArray weight2 = Flat.scalar(owner(), 1 - beta2);
                NDArray square = gradient.mul(gradient)) {
            mean.addi(change.muli(weight1));
            variance.muli(keep2);
            variance.addi(square.muli(weight2));
        }
        try (NDArray root = variance.sqrt();
                NDArray rootCorrection = Flat.scalar(owner(), Math.sqrt(correction2));
                NDArray small = Flat.scalar(owner(), eps);
                NDArray stepSize = Flat.scalar(owner(), learningRate / correction1);
                NDArray update = mean.div(root.divi(rootCorrection).addi(small))) {
            range.parameter().subi(update.muli(stepSize));
        }
    }
}
