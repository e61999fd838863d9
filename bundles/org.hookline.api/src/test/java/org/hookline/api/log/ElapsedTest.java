// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElapsedTest {
    @ParameterizedTest
    @CsvSource({"0, 0.00 s", "0.5, 0.50 s", "9.996, 10.0 s", "12.34, 12.3 s", "59.96, 1 min 00 s", "125.4, 2 min 05 s",
        "3599.4, 59 min 59 s", "3599.6, 1 h 00 min", "3720, 1 h 02 min", "360000, 100 h 00 min"})
    void aTimeIsShownInTheUnitsThatSuitIt(double seconds, String shown) {
        assertThat(Elapsed.show(seconds)).isEqualTo(shown);
    }
}
