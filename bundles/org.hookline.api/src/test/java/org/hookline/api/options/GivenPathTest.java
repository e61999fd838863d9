// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenPathTest {
    @TempDir
    Path folder;

    private Options given(String path) {
        return Options.of("data set csv", folder, List.of(Option.required("path", Option.Type.PATH, "where")),
                Map.of("path", path));
    }

    private AbstractThrowableAssert<?, ?> noFile(String path) {
        return assertThatThrownBy(() -> given(path).file("path", "a CSV file", ".csv")).isInstanceOf(UserError.class);
    }

    private AbstractThrowableAssert<?, ?> noFolder(String path) {
        return assertThatThrownBy(() -> given(path).folder("path", "a folder of pictures"))
                .isInstanceOf(UserError.class);
    }

    @Test
    void whatIsThereIsGiven() throws IOException {
        Path file = Files.createFile(folder.resolve("a.csv"));
        assertThat(given("a.csv").file("path", "a CSV file")).isEqualTo(file);
        assertThat(given(".").folder("path", "a folder")).isEqualTo(folder);
    }

    @Test
    void aFolderInPlaceOfAFileIsSaidToBeOneAndItsFilesAreOffered() throws IOException {
        String found = "data set csv: " + folder + " is a folder, expected a CSV file; ";
        noFile(".").hasMessage(found + "there is no file in it");
        Files.createFile(folder.resolve("notes.txt"));
        Files.createFile(folder.resolve(".hidden.csv"));
        noFile(".").hasMessage(found + "it has: notes.txt");
        Files.createFile(folder.resolve("b.csv"));
        Files.createFile(folder.resolve("a.csv"));
        noFile(".").hasMessage(found + "in it are: a.csv, b.csv");
        for (int i = 0; i < 8; i++) {
            Files.createFile(folder.resolve("a" + i + ".csv"));
        }
        noFile(".").message().endsWith("in it are: a.csv, a0.csv, a1.csv, a2.csv, a3.csv, a4.csv, a5.csv, a6.csv, ...");
    }

    @Test
    void aFileInPlaceOfAFolderIsSaidToBeOne() throws IOException {
        Path file = Files.createFile(folder.resolve("a.png"));
        noFolder("a.png").hasMessage("data set csv: " + file + " is a file, expected a folder of pictures; it lies in "
                + folder);
    }

    @Test
    void whatIsNotThereIsComparedWithWhatLiesBesideIt() throws IOException {
        String absent = "data set csv: there is no file " + folder.resolve("train.cvs") + ", expected a CSV file; ";
        noFile("train.cvs").hasMessage(absent + folder + " has no file");
        Files.createFile(folder.resolve("other.txt"));
        noFile("train.cvs").hasMessage(absent + folder + " has: other.txt");
        Files.createFile(folder.resolve("train.csv"));
        noFile("train.cvs").hasMessage(absent + "did you mean " + folder.resolve("train.csv") + "?");
        Files.createDirectory(folder.resolve("pictures"));
        noFolder("picture").message().endsWith("; did you mean " + folder.resolve("pictures") + "?");
    }

    @Test
    void aPathThatEndsBeforeItsFolderSaysWhere() throws IOException {
        noFile("a/b/c.csv").message().endsWith("; there is no " + folder.resolve("a/b") + " either, the path ends at "
                + folder);
        Path file = Files.createFile(folder.resolve("f"));
        noFile("f/c.csv").message().endsWith("; " + file + " is a file");
    }

    @Test
    void emptyTextAndDevicesAreRefused() {
        noFile("").hasMessage("data set csv: option 'path' is empty, expected a CSV file");
        assumeTrue(Files.exists(Path.of("/dev/null")));
        noFile("/dev/null").hasMessage("data set csv: /dev/null is no file, expected a CSV file");
        noFolder("/dev/null").hasMessage("data set csv: /dev/null is no folder, expected a folder of pictures");
    }
}
