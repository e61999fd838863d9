// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    private static final LocalDateTime START = LocalDateTime.of(2026, 11, 23, 7, 5, 9);

    @TempDir
    Path folder;

    @Test
    void aRunHasAFolderOfItsOwnWithTheEffectiveRunFile() throws IOException {
        Path run = RunFolder.create(folder.resolve("output"), "digits", START, "name: digits\n");
        assertThat(run).isEqualTo(folder.resolve("output/digits/20261123-070509")).isDirectory();
        assertThat(run.resolve("effective.yaml")).hasContent("name: digits\n");
    }

    @Test
    void runsOfTheSameSecondAreKeptApart() {
        RunFolder.create(folder, "digits", START, "1");
        assertThat(RunFolder.create(folder, "digits", START, "2").getFileName()).hasToString("20261123-070509-2");
        assertThat(RunFolder.create(folder, "digits", START, "3").getFileName()).hasToString("20261123-070509-3");
        assertThat(folder.resolve("digits/20261123-070509/effective.yaml")).hasContent("1");
    }

    @Test
    void latestPointsAtTheNewestRunAndCanBeMoved() throws IOException {
        RunFolder.latest(RunFolder.create(folder, "digits", START, "1"));
        RunFolder.latest(RunFolder.create(folder, "digits", START.plusDays(1), "2"));
        Path latest = folder.resolve("digits/latest");
        assertThat(Files.readSymbolicLink(latest)).hasToString("20261124-070509");
        assertThat(latest.resolve("effective.yaml")).hasContent("2");
        try (Stream<Path> files = Files.list(folder.resolve("digits"))) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("20261123-070509",
                    "20261124-070509", "latest");
        }
    }

    @Test
    void aLinkToNowhereIsReplacedAndAFolderIsLeftAlone() throws IOException {
        Files.createDirectories(folder.resolve("a"));
        Files.createSymbolicLink(folder.resolve("a/latest"), Path.of("gone"));
        RunFolder.latest(RunFolder.create(folder, "a", START, ""));
        assertThat(Files.readSymbolicLink(folder.resolve("a/latest"))).hasToString("20261123-070509");
        Files.createDirectories(folder.resolve("b/latest"));
        RunFolder.latest(RunFolder.create(folder, "b", START, ""));
        assertThat(folder.resolve("b/latest")).isDirectory();
        assertThat(Files.isSymbolicLink(folder.resolve("b/latest"))).isFalse();
    }

    @Test
    void aRunThatNeverBeganLeavesNothingButWhatOthersWrote() throws IOException {
        Path run = RunFolder.create(folder, "digits", START, "x");
        Files.createFile(run.resolve("events.jsonl"));
        RunFolder.discard(run);
        assertThat(run.getParent()).doesNotExist();
        assertThat(folder).exists();
        Path kept = RunFolder.create(folder, "digits", START, "x");
        Files.createFile(kept.resolve("notes.txt"));
        RunFolder.discard(kept);
        assertThat(kept.resolve("notes.txt")).exists();
    }

    @Test
    void aFileInTheWayIsAMistakeOfTheUser() throws IOException {
        Path file = Files.createFile(folder.resolve("out"));
        assertThatThrownBy(() -> RunFolder.create(file, "digits", START, "")).isInstanceOf(UserError.class)
                .hasMessage("cannot write to " + file.resolve("digits") + ": " + file + " is a file, not a folder; "
                        + "--output names another folder for runs, on a disk and in one that you may write to");
        // As an output folder itself, and further up.
        assertThatThrownBy(() -> RunFolder.create(folder, "out", START, "")).isInstanceOf(UserError.class)
                .hasMessageContaining(": " + file + " is a file, not a folder; ");
        assertThatThrownBy(() -> RunFolder.create(file.resolve("a/b"), "digits", START, ""))
                .isInstanceOf(UserError.class).hasMessageContaining(": " + file + " is a file, not a folder; ");
    }

    @Test
    void aFolderThatMayNotBeWrittenIsSaidSo() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeFalse(Files.isWritable(closed), "the super user may write anywhere");
        assertThatThrownBy(() -> RunFolder.create(closed, "digits", START, "")).isInstanceOf(UserError.class)
                .message().startsWith("cannot write to " + closed.resolve("digits") + ": permission denied");
    }

    @Test
    void aFileSystemThatTakesNoFoldersIsSaidSo() {
        Path proc = Path.of("/proc");
        assumeTrue(Files.isDirectory(proc.resolve("self")), "a file system that takes no folders");
        for (Path output : List.of(proc, proc.resolve("x/y"))) {
            assertThatThrownBy(() -> RunFolder.create(output, "digits", START, "")).isInstanceOf(UserError.class)
                    .hasMessage("cannot write to " + output.resolve("digits") + ": the file system of /proc (proc) "
                            + "takes no new folders or files; --output names another folder for runs, on a disk and "
                            + "in one that you may write to");
        }
    }
}
