// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.Test;

/** Further data sets that are evaluated: {@code eval_data} of run files. */
class EvaluationSetsTest {
    private static RunSpec with(Map<String, Object> sets) {
        RunSpec s = TestParts.spec();
        return new RunSpec(s.name(), s.seed(), s.mode(), s.epochs(), s.iterations(), s.device(), s.precision(),
                s.accumulate(), s.threads(), s.model(), s.data(), s.loss(), s.metrics(), s.optimizer(), s.baseFolder(),
                Map.of(EvaluationSets.KEY, sets));
    }

    @Test
    void eachIsEvaluatedUnderItsName() throws Exception {
        try (Driver driver = Driver.of(with(Map.of("other", Map.of("type", "moons", "samples", 40))))) {
            assertThat(driver.evaluation().splits()).containsExactly("other", "test");
            // The test split of the other set; it is the same as that of the set that is trained on.
            assertThat(driver.evaluation().evaluate("other").samples()).isEqualTo(300);
            assertThat(driver.evaluation().evaluate("other").values())
                    .isEqualTo(driver.evaluation().evaluate("test").values());
        }
    }

    @Test
    void otherSamplesAndNamesThatAreTakenAreOneLine() {
        assertThatThrownBy(() -> Driver.of(with(Map.of("other", Map.of("type", "line"))))).isInstanceOf(UserError.class)
                .hasMessage("eval_data.other: its samples have shape (2) and 1 targets, expected (2) and 2 classes as "
                        + "those that are trained on");
        assertThatThrownBy(() -> Driver.of(with(Map.of("test", Map.of("type", "moons"))))).isInstanceOf(UserError.class)
                .hasMessage("eval_data.test: there is a split 'test' already; give the set another name");
        assertThatThrownBy(() -> Driver.of(with(Map.of("other", Map.of("type", "mons"))))).isInstanceOf(UserError.class)
                .hasMessageContaining("eval_data.other: unknown type 'mons'; did you mean 'moons'?");
    }
}
