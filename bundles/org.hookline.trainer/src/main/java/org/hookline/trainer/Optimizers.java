// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.options.Option;

/** The optimizers and their options; names, defaults and formulas are those of {@code torch.optim}. */
public final class Optimizers {
    private static final Option LEARNING_RATE =
            Option.of("lr", Option.Type.NUMBER, 1e-3, "Learning rate, at least 0; schedules start from it.");

    private Optimizers() {}

    /** {@return the options of each optimizer, by the {@code type} of {@code optimizer:} in run files} */
    public static Map<String, List<Option>> declared() {
        Map<String, List<Option>> all = new LinkedHashMap<>();
        all.put("sgd", List.of(
                LEARNING_RATE,
                Option.of("momentum", Option.Type.NUMBER, 0.0, "Momentum, in [0, 1); 0 switches it off."),
                Option.of("dampening", Option.Type.NUMBER, 0.0, "Dampening of the momentum, in [0, 1]."),
                Option.of("nesterov", Option.Type.BOOLEAN, false,
                        "Nesterov's momentum; needs a momentum and no dampening."),
                Option.of("weight_decay", Option.Type.NUMBER, 0.0, "L2 penalty, added to the gradient; at least 0.")));
        all.put("adam", adam(0.0, "L2 penalty, added to the gradient; at least 0."));
        all.put("adamw", adam(1e-2, "Decoupled weight decay, times the learning rate; at least 0."));
        return java.util.Collections.unmodifiableMap(all);
    }

    private static List<Option> adam(double weightDecay, String description) {
        return List.of(
                LEARNING_RATE,
                Option.of("betas", Option.Type.NUMBERS, List.of(0.9, 0.999),
                        "Decay rates of the two moments, each in [0, 1)."),
                Option.of("eps", Option.Type.NUMBER, 1e-8, "Added to the denominator; above 0."),
                Option.of("weight_decay", Option.Type.NUMBER, weightDecay, description));
    }
}
