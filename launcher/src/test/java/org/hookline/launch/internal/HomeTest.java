// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir
    Path root;

    @TempDir
    Path user;

    @Test
    void aFolderOfTheUsersOwnGetsConfAndDeployFromTheDistribution() throws Exception {
        Files.writeString(Files.createDirectory(root.resolve("conf")).resolve("logback.xml"), "<configuration/>");
        Files.createDirectory(root.resolve("deploy"));
        Home home = new Home(root, user.resolve("mine"));

        home.prepare();

        assertThat(user.resolve("mine/conf/logback.xml")).hasContent("<configuration/>");
        assertThat(user.resolve("mine")).isDirectoryContaining("glob:**/deploy");
        assertThat(home.data()).isDirectory();
        assertThat(home.logs()).isDirectory();
        assertThat(root.resolve("data")).doesNotExist();
    }

    @Test
    void whatTheUserHasChangedStaysAsItIs() throws Exception {
        Files.writeString(Files.createDirectory(root.resolve("conf")).resolve("logback.xml"), "ours");
        Files.writeString(Files.createDirectory(user.resolve("conf")).resolve("logback.xml"), "mine");

        new Home(root, user).prepare();

        assertThat(user.resolve("conf/logback.xml")).hasContent("mine");
    }

    @Test
    void aConfOfTheUsersOwnWithoutLogbackXmlLogsAsTheDistributionDoes() throws Exception {
        Files.writeString(Files.createDirectory(root.resolve("conf")).resolve("logback.xml"), "ours");
        Files.writeString(Files.createDirectory(user.resolve("conf")).resolve("deploy.cfg"), "admission = off");
        Home home = new Home(root, user);
        home.prepare();

        assertThat(home.logback()).hasContent("ours");
        Files.writeString(user.resolve("conf/logback.xml"), "mine");
        assertThat(home.logback()).hasContent("mine");
    }

    @Test
    void aPlaceThatCannotBeWrittenIsAMistakeThatSaysWhatToDo() throws Exception {
        Path file = Files.writeString(root.resolve("file"), "in the way");

        assertThatThrownBy(() -> new Home(root, file).prepare())
                .isInstanceOfSatisfying(LaunchError.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessageContaining(file.toString())
                .hasMessageContaining("HOOKLINE_DATA");
    }
}
