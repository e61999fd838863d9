// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HookLevelTest {
    @ParameterizedTest
    @CsvSource({"HIGHEST,0", "higher,10", "High,20", "NORMAL,30", "low,40", "LOWER,50", "lowest,60", "25,25", "-5,-5",
        "' 30 ',30", "0,0", "10,10"})
    void aLevelIsANameInAnyCaseOrAnyInteger(String text, int level) {
        assertThat(HookLevel.parse(text)).hasValue(level);
    }

    @Test
    void aLevelMayBeANumberOfAnyIntegralType() {
        assertThat(HookLevel.parse(7)).hasValue(7);
        assertThat(HookLevel.parse(7L)).hasValue(7);
        assertThat(HookLevel.parse((short) 7)).hasValue(7);
        assertThat(HookLevel.parse(HookLevel.LOW)).hasValue(40);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NORMALE", "3.5", "high-ish", "99999999999"})
    void whatIsNoLevelIsNotGuessed(String text) {
        assertThat(HookLevel.parse(text)).isEqualTo(OptionalInt.empty());
    }

    @Test
    void otherTypesAreNoLevel() {
        assertThat(HookLevel.parse(null)).isEmpty();
        assertThat(HookLevel.parse(3.0)).isEmpty();
        assertThat(HookLevel.parse(Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void aLevelIsShownByNameWhereItHasOne() {
        assertThat(HookLevel.show(30)).isEqualTo("NORMAL");
        assertThat(HookLevel.show(31)).isEqualTo("31");
    }
}
