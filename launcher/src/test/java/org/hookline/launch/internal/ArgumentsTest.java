// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
    private static Arguments parse(String... words) {
        return Arguments.parse(List.of(words));
    }

    @Test
    void aConsoleIsAskedForAnywhereBeforeTheDoubleDash() {
        assertThat(parse("train", "--console", "x=1")).isEqualTo(new Arguments(false, true, "train", List.of("x=1")));
        assertThat(parse("train", "--", "--console"))
                .isEqualTo(new Arguments(false, false, "train", List.of("--", "--console")));
    }

    @Test
    void nothingIsHelp() {
        assertThat(parse()).isEqualTo(new Arguments(false, false, "help", List.of()));
        assertThat(parse("--debug")).isEqualTo(new Arguments(true, false, "help", List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--debug train a.yaml -x", "train --debug a.yaml -x", "train a.yaml -x --debug"})
    void debugMayStandAnywhereAndIsTakenOut(String line) {
        assertThat(parse(line.split(" ", -1))).isEqualTo(new Arguments(true, false, "train", List.of("a.yaml", "-x")));
    }

    @Test
    void behindTwoDashesEverythingIsTheCommands() {
        assertThat(parse("train", "--", "--debug", "--help"))
                .isEqualTo(new Arguments(false, false, "train", List.of("--", "--debug", "--help")));
    }

    @Test
    void usualOptionsAreCommands() {
        assertThat(parse("--version").command()).isEqualTo("version");
        assertThat(parse("-h").command()).isEqualTo("help");
    }

    @Test
    void helpOfACommandNeedsNoFramework() {
        assertThat(parse("train", "x.yaml", "--help")).isEqualTo(new Arguments(false, false, "help", List.of("train")));
    }
}
