// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hookline.api.UserError;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFileFinderTest {
    @TempDir
    Path folder;

    private Path current;
    private Path home;
    private RunFileFinder finder;

    @BeforeEach
    void open() throws IOException {
        current = Files.createDirectories(folder.resolve("work"));
        home = Files.createDirectories(folder.resolve("home"));
        Files.createDirectories(home.resolve("runs"));
        Files.createFile(home.resolve("runs/digits.yaml"));
        finder = new RunFileFinder(current, Optional.of(home));
    }

    @Test
    void withoutAWordItIsTheDistributionsOwn() throws IOException {
        Files.createDirectories(current.resolve("runs"));
        Files.createFile(current.resolve("runs/digits.yaml"));
        assertThat(finder.find(Optional.empty())).isEqualTo(home.resolve("runs/digits.yaml"));
    }

    @Test
    void theCurrentFolderComesFirstThenTheDistribution() throws IOException {
        assertThat(finder.find(Optional.of("runs/digits.yaml"))).isEqualTo(home.resolve("runs/digits.yaml"));
        Files.createDirectories(current.resolve("runs"));
        Files.createFile(current.resolve("runs/digits.yaml"));
        assertThat(finder.find(Optional.of("runs/digits.yaml"))).isEqualTo(current.resolve("runs/digits.yaml"));
    }

    @Test
    void anAbsolutePathIsTakenAsItIs() throws IOException {
        Path file = Files.createFile(folder.resolve("x.yaml"));
        assertThat(finder.find(Optional.of(file.toString()))).isEqualTo(file);
    }

    @Test
    void whatIsNowhereIsAMistakeWithTheNearestShippedOne() {
        assertThatThrownBy(() -> finder.find(Optional.of("runs/digit.yaml"))).isInstanceOf(UserError.class)
                .hasMessage("there is no run file 'runs/digit.yaml' in " + current + " or " + home
                        + "; did you mean 'runs/digits.yaml'? (there are: runs/digits.yaml)");
        assertThatThrownBy(() -> new RunFileFinder(current, Optional.empty()).find(Optional.empty()))
                .isInstanceOf(UserError.class).hasMessageStartingWith("no run file was given");
    }
}
