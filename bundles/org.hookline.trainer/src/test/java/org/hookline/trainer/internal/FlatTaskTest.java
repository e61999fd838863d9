// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlatTaskTest {
    @Test
    void aSmallRunLearnsTheMoons() throws Exception {
        try (Driver driver = Driver.of(TestParts.epochs(TestParts.spec(), 20))) {
            driver.run();
            assertThat(driver.evaluation().evaluate("test").values().get("accuracy")).isGreaterThan(0.97);
        }
    }
}
