// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.hookline.trainer.OptimizerState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FlatOptimizerTest {
    /** Weight (3, 4) and bias (3) of one layer. */
    private static final int SIZE = 15;

    private NDManager manager;
    private FlatParameters parameters;
    private NDArray gradient;

    @BeforeEach
    void open() {
        manager = DjlRuntime.newScope(Device.cpu());
        JniUtils.setGradMode(false);
        parameters = FlatParameters.create(TestParts.linear(3), new Shape(2, 4), 1, manager);
        gradient = manager.zeros(new Shape(SIZE));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static OptimizerOptions options(RunSpec.Section section) {
        return OptimizerOptions.of(section, Path.of("."));
    }

    private FlatOptimizer optimizer(RunSpec.Section section, boolean fused) {
        Optional<Torch> torch = fused ? TestTorch.TORCH : Optional.empty();
        return options(section).open(parameters, gradient, manager, torch);
    }

    private void set(NDArray target, double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        try (NDArray array = manager.create(floats)) {
            Flat.copy(array, target);
        }
    }

    private static double[] random(Random random, double scale) {
        return random.doubles(SIZE, -scale, scale).toArray();
    }

    /** torch.optim's formulas, in double precision, value by value, straight from its documentation. */
    private static final class Reference {
        private final RunSpec.Section section;
        private final double[] p;
        private final double[] first = new double[SIZE];
        private final double[] second = new double[SIZE];
        private int step;

        Reference(RunSpec.Section section, double[] start) {
            this.section = section;
            p = start.clone();
        }

        private double option(String name, double otherwise) {
            return section.options().get(name) instanceof Number n ? n.doubleValue() : otherwise;
        }

        void step(double[] gradients, double lr) {
            step++;
            for (int i = 0; i < SIZE; i++) {
                if (section.type().equals("sgd")) {
                    sgd(i, gradients[i], lr);
                } else {
                    adam(i, gradients[i], lr);
                }
            }
        }

        private void sgd(int i, double gradient, double lr) {
            double momentum = option("momentum", 0);
            double g = gradient + option("weight_decay", 0) * p[i];
            if (momentum != 0) {
                first[i] = step == 1 ? g : momentum * first[i] + (1 - option("dampening", 0)) * g;
                g = Boolean.TRUE.equals(section.options().get("nesterov")) ? g + momentum * first[i] : first[i];
            }
            p[i] -= lr * g;
        }

        private void adam(int i, double gradient, double lr) {
            double beta1 = 0.9;
            double beta2 = 0.999;
            if (section.options().get("betas") instanceof List<?> betas) {
                beta1 = (Double) betas.get(0);
                beta2 = (Double) betas.get(1);
            }
            double g = gradient;
            if (section.type().equals("adamw")) {
                p[i] *= 1 - lr * option("weight_decay", 0.01);
            } else {
                g += option("weight_decay", 0) * p[i];
            }
            first[i] = beta1 * first[i] + (1 - beta1) * g;
            second[i] = beta2 * second[i] + (1 - beta2) * g * g;
            double mean = first[i] / (1 - Math.pow(beta1, step));
            double variance = second[i] / (1 - Math.pow(beta2, step));
            p[i] -= lr * mean / (Math.sqrt(variance) + option("eps", 1e-8));
        }
    }

    static Stream<RunSpec.Section> sections() {
        return Stream.of(
                TestParts.section("sgd", "lr", 0.1),
                TestParts.section("sgd", "lr", 0.1, "weight_decay", 0.05),
                TestParts.section("sgd", "lr", 0.1, "momentum", 0.9),
                TestParts.section("sgd", "lr", 0.1, "momentum", 0.9, "dampening", 0.3, "weight_decay", 0.01),
                TestParts.section("sgd", "lr", 0.1, "momentum", 0.8, "nesterov", true, "weight_decay", 0.01),
                TestParts.section("adam", "lr", 0.01),
                TestParts.section("adam", "lr", 0.01, "weight_decay", 0.1, "betas", List.of(0.8, 0.95)),
                TestParts.section("adam", "lr", 0.01, "eps", 0.1),
                TestParts.section("adamw", "lr", 0.01),
                TestParts.section("adamw", "lr", 0.05, "weight_decay", 0.3, "betas", List.of(0.5, 0.9)));
    }

    @ParameterizedTest
    @MethodSource("sections")
    void plainOperationsFollowTorchForTenSteps(RunSpec.Section section) {
        followReference(section, false);
    }

    @ParameterizedTest
    @MethodSource("sections")
    void fusedOperationsFollowTorchForTenSteps(RunSpec.Section section) {
        TestTorch.require(options(section).feature());
        followReference(section, true);
    }

    private void followReference(RunSpec.Section section, boolean fused) {
        Random random = new Random(3);
        double[] start = random(random, 1);
        set(parameters.flat(), start);
        FlatOptimizer optimizer = optimizer(section, fused);
        Reference reference = new Reference(section, start);
        for (int step = 1; step <= 10; step++) {
            // Gradients of very different size, and a learning rate that a schedule changes.
            double[] gradients = random(random, step % 3 == 0 ? 1e-3 : 2);
            double lr = options(section).learningRate() / step;
            set(gradient, gradients);
            optimizer.step(lr, options(section).momentum());
            reference.step(gradients, lr);
            float[] values = parameters.flat().toFloatArray();
            for (int i = 0; i < SIZE; i++) {
                assertThat((double) values[i]).as("step %d value %d", step, i)
                        .isCloseTo(reference.p[i], within(2e-6 * Math.max(1, Math.abs(reference.p[i]))));
            }
        }
    }

    @Test
    void sgdIsWhatItIsByHand() {
        set(parameters.flat(), new double[SIZE]);
        FlatOptimizer optimizer = optimizer(TestParts.section("sgd", "lr", 0.5, "momentum", 0.5), false);
        set(gradient, fill(1));
        optimizer.step(0.5, 0.5);
        // b = 1, p = -0.5
        assertThat(parameters.flat().toFloatArray()).containsOnly(-0.5f);
        optimizer.step(0.5, 0.5);
        // b = 0.5 + 1, p = -0.5 - 0.75
        assertThat(parameters.flat().toFloatArray()).containsOnly(-1.25f);
    }

    @Test
    void theFirstStepOfAdamIsTheLearningRateWhateverTheGradient() {
        set(parameters.flat(), new double[SIZE]);
        FlatOptimizer optimizer = optimizer(TestParts.section("adam", "lr", 0.25), false);
        double[] gradients = fill(1000);
        gradients[0] = -1e-3;
        set(gradient, gradients);
        optimizer.step(0.25, 0.9);
        float[] values = parameters.flat().toFloatArray();
        assertThat(values[0]).isCloseTo(0.25f, within(1e-5f));
        assertThat(values[1]).isCloseTo(-0.25f, within(1e-6f));
    }

    private static double[] fill(double value) {
        double[] values = new double[SIZE];
        java.util.Arrays.fill(values, value);
        return values;
    }

    private float[] run(FlatOptimizer optimizer, OptimizerOptions options, Random random, int steps) {
        for (int i = 0; i < steps; i++) {
            set(gradient, random(random, 1));
            optimizer.step(options.learningRate(), options.momentum());
        }
        return parameters.flat().toFloatArray();
    }

    @ParameterizedTest
    @MethodSource("sections")
    void aStateThatWasTakenOverGoesOnBitForBit(RunSpec.Section section) {
        OptimizerOptions options = options(section);
        double[] start = random(new Random(1), 1);
        set(parameters.flat(), start);
        Random random = new Random(4);
        FlatOptimizer whole = optimizer(section, true);
        float[] expected = run(whole, options, random, 10);

        set(parameters.flat(), start);
        Random again = new Random(4);
        FlatOptimizer before = optimizer(section, true);
        run(before, options, again, 4);
        OptimizerState state = before.save();
        assertThat(state.steps()).containsExactly(4L, 4L);
        FlatOptimizer after = optimizer(section, true);
        after.load(state);
        assertThat(run(after, options, again, 6)).isEqualTo(expected);
    }

    @Test
    void aStateOfAnotherOptimizerIsRefused() {
        OptimizerState state = optimizer(TestParts.section("adam"), false).save();
        FlatOptimizer sgd = optimizer(TestParts.section("sgd", "momentum", 0.9), false);
        assertThatThrownBy(() -> sgd.load(state)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("adam, expected sgd");
        FlatOptimizer adam = optimizer(TestParts.section("adam"), false);
        OptimizerState other = new OptimizerState("adam", List.of(1L), state.arrays());
        assertThatThrownBy(() -> adam.load(other)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("of 1 parameters");
    }

    @ParameterizedTest
    @MethodSource("sections")
    void aFrozenParameterStaysAndLaterBeginsAnewLikeInTorch(RunSpec.Section section) {
        OptimizerOptions options = options(section);
        double[] start = random(new Random(1), 1);
        set(parameters.flat(), start);
        Reference weight = new Reference(section, start);
        Reference bias = new Reference(section, start);
        FlatOptimizer optimizer = optimizer(section, true);
        Random random = new Random(2);
        FlatParameters.Segment biasSegment = parameters.segments().get(1);
        biasSegment.freeze(true);
        optimizer.rangesChanged();
        for (int step = 0; step < 6; step++) {
            if (step == 3) {
                float[] values = parameters.flat().toFloatArray();
                for (int i = 12; i < SIZE; i++) {
                    assertThat(values[i]).isEqualTo((float) start[i]);
                }
                biasSegment.freeze(false);
                optimizer.rangesChanged();
            }
            double[] gradients = random(random, 1);
            set(gradient, gradients);
            optimizer.step(options.learningRate(), options.momentum());
            weight.step(gradients, options.learningRate());
            if (step >= 3) {
                bias.step(gradients, options.learningRate());
            }
        }
        float[] values = parameters.flat().toFloatArray();
        for (int i = 0; i < SIZE; i++) {
            double expected = i < 12 ? weight.p[i] : bias.p[i];
            assertThat((double) values[i]).as("value %d", i).isCloseTo(expected, within(5e-6));
        }
        assertThat(optimizer.save().steps()).containsExactly(6L, 3L);
    }

    @Test
    void wrongOptionsAreToldInOneLine() {
        List<String> messages = new ArrayList<>();
        for (RunSpec.Section section : List.of(
                TestParts.section("adamm"),
                TestParts.section("sgd", "lr", -1),
                TestParts.section("sgd", "momentum", 1),
                TestParts.section("sgd", "nesterov", true),
                TestParts.section("sgd", "momentum", 0.9, "dampening", 0.1, "nesterov", true),
                TestParts.section("adam", "betas", List.of(0.9)),
                TestParts.section("adam", "betas", List.of(0.9, 1.0)),
                TestParts.section("adamw", "eps", 0),
                TestParts.section("adamw", "wieght_decay", 0.1))) {
            assertThatThrownBy(() -> options(section)).isInstanceOf(org.hookline.api.UserError.class)
                    .satisfies(e -> messages.add(e.getMessage()));
        }
        assertThat(messages).satisfiesExactly(
                m -> assertThat(m).contains("unknown type 'adamm'; did you mean 'adam'"),
                m -> assertThat(m).contains("'lr' is -1.0, expected at least 0"),
                m -> assertThat(m).contains("'momentum' is 1.0"),
                m -> assertThat(m).contains("nesterov needs a momentum"),
                m -> assertThat(m).contains("nesterov needs a momentum"),
                m -> assertThat(m).contains("expected two numbers"),
                m -> assertThat(m).contains("'betas' is 1.0"),
                m -> assertThat(m).contains("'eps' is 0.0"),
                m -> assertThat(m).contains("did you mean 'weight_decay'"));
    }
}
