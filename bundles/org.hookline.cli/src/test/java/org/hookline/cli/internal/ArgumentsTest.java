// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    private static Arguments parse(String... arguments) {
        return Arguments.parse(List.of(arguments), List.of("--output", "--print"));
    }

    @Test
    void nothingIsAlsoAnAnswer() {
        assertThat(parse()).isEqualTo(
                new Arguments(Optional.empty(), List.of(), java.util.Map.of(), java.util.Set.of()));
    }

    @Test
    void aRunFileSettingsAndOptionsMayStandInAnyOrder() {
        Arguments given = parse("train.epochs=3", "--output", "out", "runs/x.yaml", "--seed=4", "optimizer.lr=0.1",
                "--device", "cpu", "--print");
        assertThat(given.file()).contains("runs/x.yaml");
        assertThat(given.value("--output")).contains("out");
        assertThat(given.settings()).containsExactly("train.epochs=3", "--seed=4", "optimizer.lr=0.1", "--device=cpu");
        assertThat(given.flags()).containsExactly("--print");
    }

    @Test
    void aPathWithAnEqualsSignIsARunFile() {
        assertThat(parse("a/b=c.yaml").file()).contains("a/b=c.yaml");
        assertThat(parse("--", "-x.yaml").file()).contains("-x.yaml");
    }

    @Test
    void anExistingFileIsARunFileWhateverItsName(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("lr=1.yaml"));
        assertThat(parse(file.toString()).file()).contains(file.toString());
    }

    @Test
    void theValueOfASettingIsKeptAsItIs() {
        assertThat(parse("model={type: mlp, a: 'x=y'}").settings()).containsExactly("model={type: mlp, a: 'x=y'}");
        assertThat(parse("data.path=").settings()).containsExactly("data.path=");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --ouput x         | unknown option '--ouput'; did you mean '--output'?
            -v                | unknown option '-v'; there are: --device, --name, --seed, --output, --print, --debug
            --debgu           | unknown option '--debgu'; did you mean '--debug'?
            --seed            | option --seed needs a value
            --output=         | option --output needs a value
            --print=yes       | option --print takes no value
            a.yaml b.yaml     | there are two run files, 'a.yaml' and 'b.yaml'; settings are given as key=value
            """)
    void aMistakeIsOneLine(String line, String expected) {
        assertThatThrownBy(() -> parse(line.split(" ", -1))).isInstanceOf(UserError.class)
                .message().startsWith(expected);
    }

    @Test
    void trainingNamesTheConsoleTooThoughTheLauncherTakesIt() {
        assertThatThrownBy(() -> Arguments.parse(List.of("--consol"), TrainCommand.OPTIONS))
                .hasMessageContaining("did you mean '--console'?");
    }
}
