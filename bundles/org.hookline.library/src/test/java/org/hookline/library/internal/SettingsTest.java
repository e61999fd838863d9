// SPDX-License-Identifier: Apache-2.0
package org.hookline.library.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @interface Config {
        int interval() default 3;

        double gradClip_maxNorm() default 0;

        String[] names() default {"a"};

        long[] milestones() default {};

        boolean on() default true;
    }

    private static Config config(Map<String, ?> properties) {
        return (Config) Settings.of(Config.class, properties, "Test");
    }

    @Test
    void whatIsNotGivenHasItsDefault() {
        assertThat(config(Map.of("level", "LOW")).interval()).isEqualTo(3);
        assertThat(config(Map.of()).names()).containsExactly("a");
    }

    @Test
    void valuesAreConvertedAsDeclarativeServicesDoes() {
        Config config = config(Map.of("gradClip.maxNorm", 1, "names", "b", "on", "false",
                "milestones", List.of(10, 20L), "interval", 4L));
        assertThat(config.gradClip_maxNorm()).isEqualTo(1);
        assertThat(config.names()).containsExactly("b");
        assertThat(config.on()).isFalse();
        assertThat(config.milestones()).containsExactly(10, 20);
        assertThat(config.interval()).isEqualTo(4);
    }

    @Test
    void namesOfElementsFollowTheSpecification() {
        assertThat(Settings.property("myProperty143")).isEqualTo("myProperty143");
        assertThat(Settings.property("$new")).isEqualTo("new");
        assertThat(Settings.property("my$$prop")).isEqualTo("my$prop");
        assertThat(Settings.property("dot_prop")).isEqualTo("dot.prop");
        assertThat(Settings.property("another__prop")).isEqualTo("another_prop");
        assertThat(Settings.property("six$_$prop")).isEqualTo("six-prop");
    }

    @Test
    void whatDoesNotFitIsOneLine() {
        assertThatThrownBy(() -> config(Map.of("interval", 1.5))).isInstanceOf(UserError.class)
                .hasMessage("Test: interval is '1.5', expected int");
        assertThatThrownBy(() -> config(Map.of("on", "perhaps"))).hasMessage("Test: on is 'perhaps', expected boolean");
    }
}
