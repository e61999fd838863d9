// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.engine.RunSpec;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private final DjlTaskFactory factory = TestParts.factory(TestTorch.TORCH);

    private void refused(RunSpec spec, String... parts) {
        assertThatThrownBy(() -> factory.create(spec)).isInstanceOf(UserError.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
        assertThat(factory.check(spec)).singleElement().satisfies(line -> assertThat(line).contains(parts));
    }

    private static RunSpec machine(String device, String precision) {
        return TestParts.machine(TestParts.spec(), device, precision, 1, 1);
    }

    @Test
    void aGoodRunHasNoMistakes() throws Exception {
        assertThat(factory.check(TestParts.spec())).isEmpty();
        factory.create(TestParts.spec()).close();
    }

    @Test
    void unknownTypesAreToldWithTheNearest() {
        RunSpec spec = TestParts.spec();
        refused(TestParts.model(spec, TestParts.section("mpl")), "model: unknown type 'mpl'", "did you mean 'mlp'");
        refused(TestParts.data(spec, TestParts.section("moon")), "data: unknown type 'moon'", "did you mean 'moons'");
        refused(TestParts.loss(spec, TestParts.section("cross-entropy")), "did you mean 'cross_entropy'");
        refused(TestParts.metrics(spec, TestParts.section("acuracy")), "metric: unknown type", "'accuracy'");
        refused(TestParts.optimizer(spec, TestParts.section("lion")), "optimizer: unknown type 'lion'",
                "sgd, adam, adamw");
    }

    @Test
    void unknownOptionsAreToldWithTheNearest() {
        RunSpec spec = TestParts.spec();
        refused(TestParts.model(spec, TestParts.section("mlp", "hiden", 3)), "model mlp", "did you mean 'hidden'");
        refused(TestParts.data(spec, TestParts.section("moons", "batchsize", 3)), "data set moons",
                "did you mean 'batch_size'");
        refused(TestParts.data(spec, TestParts.section("moons", "batch_size", 0)), "data: option 'batch_size' is 0");
        refused(TestParts.data(spec, TestParts.section("moons", "shuffle", "yes")), "'shuffle'", "true or false");
    }

    @Test
    void aModelThatDoesNotFitTheDataIsToldWithBothShapes() {
        refused(TestParts.model(TestParts.spec(), TestParts.section("three")), "model three", "data moons", "(2)",
                "(3)", "one for each class");
        refused(TestParts.model(TestParts.spec(), TestParts.section("picky")), "takes pictures");
    }

    @Test
    void aLossOrMetricThatDoesNotFitTheLabelsIsTold() {
        RunSpec spec = TestParts.data(TestParts.spec(), TestParts.section("line"));
        refused(spec, "loss cross_entropy is for classes");
        refused(TestParts.metrics(TestParts.loss(spec, TestParts.section("squares")), TestParts.section("accuracy")),
                "metric accuracy is for classes");
        refused(TestParts.metrics(TestParts.spec(), TestParts.section("accuracy"), TestParts.section("accuracy")),
                "metric 'accuracy' is named twice");
    }

    @Test
    void metricsAreThoseOfTheLabelsWhereNoneIsNamed() throws Exception {
        RunSpec line = TestParts.loss(TestParts.data(TestParts.spec(), TestParts.section("line")),
                TestParts.section("squares"));
        try (Driver driver = Driver.of(line)) {
            assertThat(driver.evaluation().metrics()).isEmpty();
        }
        try (Driver driver = Driver.of(TestParts.spec())) {
            assertThat(driver.evaluation().metrics()).hasSize(1);
        }
    }

    @Test
    void whatCannotBeTrainedOnIsTold() {
        RunSpec spec = TestParts.loss(TestParts.spec(), TestParts.section("squares"));
        refused(TestParts.data(spec, TestParts.section("nothing")), "no split 'train'", "test");
        refused(TestParts.data(spec, TestParts.section("line", "samples", 10, "drop_last", true)), "drop_last",
                "only 10 samples");
    }

    @Test
    void numbersOutOfRangeAreTold() {
        refused(TestParts.machine(TestParts.spec(), "cpu", "fp32", 0, 1), "accumulate is 0");
        refused(TestParts.machine(TestParts.spec(), "cpu", "fp32", 1, -1), "threads is -1");
        refused(TestParts.epochs(TestParts.spec(), 0), "train.epochs is 0");
        refused(TestParts.iterations(TestParts.spec(), 0), "train.iterations is 0");
        refused(machine("cpu", "fp64"), "precision is 'fp64'", "fp32, fp16, bf16");
        refused(machine("cuda", "fp32"), "device is 'cuda', expected auto, cpu or gpu:N");
    }

    @Test
    void halfPrecisionWithoutAutocastIsToldBeforeTraining() {
        assertThatThrownBy(() -> TestParts.factory(Optional.empty()).create(machine("cpu", "bf16")))
                .isInstanceOf(UserError.class).hasMessageContaining("bf16 needs autocast").hasMessageContaining("fp32");
    }

    @Test
    void djlsAttentionInBfloat16IsRefusedWhichWouldEndTheProcess() throws Exception {
        refused(TestParts.model(machine("cpu", "bf16"), TestParts.section("attention")), "precision bf16",
                "model attention", "fp32 or fp16");
        factory.create(TestParts.model(machine("cpu", "fp16"), TestParts.section("attention"))).close();
        factory.create(TestParts.model(machine("cpu", "bf16"), TestParts.section("own attention"))).close();
    }

    @Test
    void anLstmInFloat16IsRefusedOnACpuWhereItCannotBeTrained() throws Exception {
        refused(TestParts.model(machine("cpu", "fp16"), TestParts.section("lstm")),
                "precision fp16 cannot be used with model lstm on a CPU", "use fp32 or bf16");
        factory.create(TestParts.model(machine("cpu", "bf16"), TestParts.section("lstm"))).close();
    }

    @Test
    void allMistakesAreFoundAtOnce() {
        RunSpec spec = TestParts.optimizer(TestParts.model(machine("tpu", "fp8"), TestParts.section("mpl")),
                TestParts.section("sgd", "lr", -1));
        List<String> lines = factory.check(spec);
        assertThat(lines).hasSize(4);
        assertThat(lines).anySatisfy(l -> assertThat(l).contains("device"))
                .anySatisfy(l -> assertThat(l).contains("precision"))
                .anySatisfy(l -> assertThat(l).contains("model"))
                .anySatisfy(l -> assertThat(l).contains("'lr'"));
        assertThat(factory.check(TestParts.data(spec, TestParts.section("moon")))).hasSize(5);
    }

    @Test
    void theRuntimeIsNamedWithItsVersion() {
        assertThat(factory.runtime()).matches("PyTorch \\d+\\.\\d+\\.\\d+\\S* \\((cpu|cuda)\\)");
    }
}
