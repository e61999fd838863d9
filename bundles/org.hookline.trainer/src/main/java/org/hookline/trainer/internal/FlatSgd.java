// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import org.hookline.torch.Torch;

/**
 * Stochastic gradient descent with momentum (Sutskever et al., 2013), as {@code torch.optim.SGD} computes it.
 *
 * <pre>
 * g = g + decay * p
 * b = g at the first step, afterwards momentum * b + (1 - dampening) * g
 * p = p - lr * b                      Nesterov:  p = p - lr * (g + momentum * b)
 * </pre>
 */
final class FlatSgd extends FlatOptimizer {
    private final double dampening;
    private final boolean nesterov;
    private final double weightDecay;
    private final boolean buffered;
    private final Torch torch;

    /**
     * Makes the optimizer.
     *
     * @param settings its options
     * @param parameters changed by steps
     * @param gradient read by steps
     * @param owner of its state, on the device
     * @param torch if it has this optimizer in one call
     */
    FlatSgd(OptimizerOptions.Sgd settings, FlatParameters parameters, NDArray gradient, NDManager owner,
            Optional<Torch> torch) {
        super(settings.name(), settings.momentum() == 0 ? List.of() : List.of("momentum_buffer"), parameters, gradient,
                owner);
        dampening = settings.dampening();
        nesterov = settings.nesterov();
        weightDecay = settings.weightDecay();
        buffered = settings.momentum() != 0;
        this.torch = torch.orElse(null);
    }

    /** {@return whether there is a buffer, so that the momentum may be changed} */
    boolean buffered() {
        return buffered;
    }

    @Override
    void update(Range range, double learningRate, double momentum) {
        NDArray buffer = buffered && momentum != 0 ? range.state(0) : null;
        boolean first = range.steps() == 1;
        if (torch != null) {
            torch.sgd(range.parameter(), range.gradient(), buffer, learningRate, momentum, dampening, weightDecay,
                    nesterov && buffer != null, first);
        } else if (weightDecay == 0) {
            plain(range, range.gradient(), buffer, learningRate, momentum, first);
        } else {
            try (NDArray decay = Flat.scalar(owner(), weightDecay);
                    NDArray penalised = range.parameter().mul(decay)) {
                plain(range, penalised.addi(range.gradient()), buffer, learningRate, momentum, first);
            }
        }
    }

    @Override
    Optional<Torch.LeafSteps> slotSteps(Range range, Torch.GradientSlots slots) {
        return torch == null ? Optional.empty()
                : slots.steps(range.parameter(), buffered ? List.of(range.state(0)) : List.of(), null);
    }

    @Override
    boolean update(Range range, Torch.LeafSteps onLeaves, double learningRate, double momentum) {
        double used = buffered ? momentum : 0;
        return onLeaves.sgd(learningRate, used, dampening, weightDecay, nesterov && used != 0, range.steps() == 1);
    }

    private void plain(Range range, NDArray gradient, NDArray buffer, double learningRate, double momentum,
            boolean first) {
        try (NDArray rate = Flat.scalar(owner(), learningRate)) {
            if (buffer == null) {
                descend(range, gradient, rate);
                return;
            }
            try (NDArray keep = Flat.scalar(owner(), momentum)) {
                if (first) {
                    Flat.copy(gradient, buffer);
                } else {
                    try (NDArray weight = Flat.scalar(owner(), 1 - dampening); NDArray part = gradient.mul(weight)) {
                        buffer.muli(keep).addi(part);
                    }
                }
                if (nesterov) {
                    try (NDArray ahead = buffer.mul(keep)) {
                        descend(range, ahead.addi(gradient), rate);
                    }
                } else {
                    descend(range, buffer, rate);
                }
            }
        }
    }

    private static void descend(Range range, NDArray direction, NDArray rate) {
        try (NDArray update = direction.mul(rate)) {
            range.parameter().subi(update);
        }
    }
}
