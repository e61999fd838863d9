// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
    @TempDir
    Path folder;

    /** Another process that holds a folder until its input ends. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] args) throws Exception {
            try (RunLock lock = new RunLock()) {
                lock.take(Path.of(args[0]));
                System.out.println("held");
                System.in.readAllBytes();
            }
        }
    }

    private static void take(Path folder) {
        try (RunLock lock = new RunLock()) {
            lock.take(folder);
        }
    }

    private Process holder() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Holder.class.getName(), folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader out = process.inputReader();
        assertThat(out.readLine()).isEqualTo("held");
        return process;
    }

    @Test
    void aFolderIsOneProcesssAndFreeWhenItEnds() throws Exception {
        Process other = holder();
        assertThatThrownBy(() -> take(folder)).isInstanceOf(UserError.class).hasMessage("the run in " + folder
                + " still goes on, in process " + other.pid() + ": stop it first, or start another run from its "
                + "checkpoint with resume_from in a run file");
        other.getOutputStream().close();
        other.waitFor();
        assertThatCode(() -> take(folder)).doesNotThrowAnyException();
        assertThat(folder.resolve(RunLock.FILE)).doesNotExist();
    }

    @Test
    void aProcessThatWasKilledHoldsNothing() throws Exception {
        Process other = holder();
        other.destroyForcibly().waitFor();
        assertThat(folder.resolve(RunLock.FILE)).exists();
        assertThatCode(() -> take(folder)).doesNotThrowAnyException();
    }

    @Test
    void aFolderIsOneRunsInAProcessToo() {
        try (RunLock lock = new RunLock()) {
            lock.take(folder);
            assertThatThrownBy(() -> take(folder)).isInstanceOf(UserError.class)
                    .hasMessageContaining("still goes on, in process " + ProcessHandle.current().pid());
        }
        take(folder);
    }

    @Test
    void whereThereAreNoLocksARunGoesOnAllTheSame() throws Exception {
        Path none = folder.resolve("none");
        take(none);
        assertThat(Files.exists(none)).isFalse();
    }
}
