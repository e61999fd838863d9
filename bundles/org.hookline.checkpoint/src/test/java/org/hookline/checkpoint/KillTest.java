// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed with SIGKILL while they write checkpoints. */
class KillTest {
    @TempDir
    Path folder;

    @TempDir
    Path elsewhere;

    @Test
    void aKilledWriterNeverLosesTheLastGoodCheckpoint() throws Exception {
        Random random = new Random(11);
        long last = 0;
        for (int round = 0; round < 20; round++) {
            Path out = Files.createFile(elsewhere.resolve("out" + round));
            Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp",
                    System.getProperty("java.class.path"), KilledWriter.class.getName(), folder.toString(),
                    Long.toString(last + 1)).redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(out.toFile()).start();
            while (Files.size(out) == 0) {
                assertThat(process.isAlive()).isTrue();
                Thread.sleep(5);
            }
            Thread.sleep(random.nextInt(60));
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            long told = Long.parseLong(Files.readAllLines(out).getLast());
            try (Checkpoint newest = Checkpoint.newest(folder)) {
                assertThat(newest.iteration()).as("round %d", round).isGreaterThanOrEqualTo(told);
                assertThat(newest.tensors("model").get("w").toFloats())
                        .isEqualTo(KilledWriter.values(newest.iteration()));
                last = newest.iteration();
            }
            CheckpointWriter.clean(folder);
            assertThat(CheckpointWriter.files(folder)).noneMatch(p -> p.getFileName().toString().startsWith("."));
        }
    }
}
