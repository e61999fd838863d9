// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.initializer.XavierInitializer.FactorType;
import ai.djl.training.initializer.XavierInitializer.RandomType;

/** How the weights of a layer start, by what follows the layer. Biases start at 0, batch norms as the identity. */
final class Weights {
    /** He, Zhang, Ren and Sun (2015): normal, variance 2 / inputs; for layers before a ReLU and its relatives. */
    static final Initializer HE = new XavierInitializer(RandomType.GAUSSIAN, FactorType.IN, 2);
    /** Glorot and Bengio (2010): uniform, variance 2 / (inputs + outputs); before a tanh or sigmoid. */
    static final Initializer GLOROT = new XavierInitializer(RandomType.UNIFORM, FactorType.AVG, 3);
    /** LeCun et al. (1998): normal, variance 1 / inputs; before a SELU (Klambauer et al., 2017). */
    static final Initializer LECUN = new XavierInitializer(RandomType.GAUSSIAN, FactorType.IN, 1);
    /** Uniform within 1 / sqrt(inputs), as torch.nn.Linear: small first outputs, so that a loss starts near chance. */
    static final Initializer OUTPUT = new XavierInitializer(RandomType.UNIFORM, FactorType.IN, 1);

    private Weights() {}
}
