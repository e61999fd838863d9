// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessFolderTest {
    @TempDir
    Path data;

    @Test
    void isGoneAfterwardsWithAllThatIsInIt() throws Exception {
        Path cache = data.resolve("cache");
        try (ProcessFolder folder = ProcessFolder.open(cache, 7)) {
            Files.createDirectories(folder.framework().resolve("bundle1"));
            Files.writeString(folder.framework().resolve("bundle1/x"), "x");
            Files.writeString(folder.temporary().resolve("y"), "y");
            assertThat(cache.resolve("7/framework/bundle1/x")).exists();
        }

        assertThat(cache.resolve("7")).doesNotExist();
    }

    @Test
    void twoProcessesWithOneNumberDoNotShareIt() throws Exception {
        try (ProcessFolder first = ProcessFolder.open(data, 7);
                ProcessFolder second = ProcessFolder.open(data, 7)) {
            assertThat(first.framework()).isNotEqualTo(second.framework());
            assertThat(first.temporary()).exists();
        }
    }

    @Test
    void whatADeadProcessLeftIsDeleted() throws Exception {
        Path left = Files.createDirectories(data.resolve("4711/framework"));
        Files.writeString(data.resolve("4711/lock"), "");

        try (ProcessFolder folder = ProcessFolder.open(data, 7)) {
            assertThat(left).doesNotExist();
            assertThat(folder.temporary()).exists();
        }
    }
}
