// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private static final List<Option> DECLARED = List.of(
            Option.of("hidden", Option.Type.INTEGERS, List.of(128, 64), "layer sizes"),
            Option.of("dropout", Option.Type.NUMBER, 0.0, "share"),
            Option.of("folder", Option.Type.PATH, "", "where"),
            Option.choice("activation", List.of("relu", "tanh"), "relu", "function"),
            Option.required("depth", Option.Type.INTEGER, "layers"));

    private static Options of(Map<String, ?> given) {
        return Options.of("model mlp", Path.of("/base"), DECLARED, given);
    }

    @Test
    void defaultsFillWhatIsNotGiven() {
        Options options = of(Map.of("depth", 3));
        assertThat(options.integers("hidden")).containsExactly(128, 64);
        assertThat(options.text("activation")).isEqualTo("relu");
        assertThat(options.integer("depth")).isEqualTo(3);
        assertThat(options.path("folder")).isEmpty();
    }

    @Test
    void anUnknownKeyNamesTheNearest() {
        assertThatThrownBy(() -> of(Map.of("depth", 3, "drop_out", 0.1)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("model mlp: unknown option 'drop_out'; did you mean 'dropout'?");
    }

    @Test
    void aWrongTypeSaysWhatIsExpected() {
        assertThatThrownBy(() -> of(Map.of("depth", "three")))
                .hasMessage("model mlp: option 'depth' is 'three', expected a whole number: layers");
        assertThatThrownBy(() -> of(Map.of("depth", 3, "hidden", List.of(1, "x")))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> of(Map.of("depth", 2.5))).isInstanceOf(UserError.class);
    }

    @Test
    void aMissingRequiredOptionIsNamed() {
        assertThatThrownBy(() -> of(Map.of())).hasMessageContaining("option 'depth' is missing");
    }

    @Test
    void aTextOutsideTheChoicesNamesThem() {
        assertThatThrownBy(() -> of(Map.of("depth", 1, "activation", "rellu")))
                .hasMessageContaining("expected one of relu, tanh; did you mean 'relu'?");
    }

    @Test
    void rangesAreChecked() {
        Options options = of(Map.of("depth", 3, "dropout", 1.5));
        assertThatThrownBy(() -> options.number("dropout", 0, 1)).hasMessageContaining("expected between 0.0 and 1.0");
        assertThatThrownBy(() -> options.integer("depth", 4, Integer.MAX_VALUE)).hasMessageContaining("4 or more");
        assertThatThrownBy(() -> of(Map.of("depth", Long.MAX_VALUE)).integer("depth"))
                .hasMessageContaining("too large");
    }

    @Test
    void relativePathsAreTakenFromTheRunFile() {
        assertThat(of(Map.of("depth", 1, "folder", "data/x")).path("folder")).contains(Path.of("/base/data/x"));
        assertThat(of(Map.of("depth", 1, "folder", "/abs")).path("folder")).contains(Path.of("/abs"));
    }

    @Test
    void theNearestNameIsFoundThroughTyposAndCase() {
        assertThat(Nearest.of("momentun", List.of("lr", "momentum"))).contains("momentum");
        assertThat(Nearest.of("weightDecay", List.of("weight_decay", "lr"))).contains("weight_decay");
        assertThat(Nearest.of("xyz", List.of("momentum"))).isEmpty();
        assertThat(Nearest.suggest("xyz", List.of("a", "b"))).isEqualTo("; there are: a, b");
    }
}
