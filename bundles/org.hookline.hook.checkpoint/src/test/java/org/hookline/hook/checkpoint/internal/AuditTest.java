// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AuditTest {
    private static final List<Path> THREE = List.of(Path.of("a"), Path.of("b"), Path.of("c"));

    @Test
    void whoBeganItGoesOnWhileCheckpointsAreReadAndIsToldOfTheDamagedOnes() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        List<String> threads = new CopyOnWriteArrayList<>();
        List<Path> damaged = new CopyOnWriteArrayList<>();
        try (Audit audit = new Audit(THREE, path -> {
            await(goOn);
            threads.add(Thread.currentThread().getName());
            if (path.endsWith("b")) {
                throw new UserError("b is damaged");
            }
        }, (path, error) -> damaged.add(path))) {
            // The first one is still being read.
            assertThat(threads).isEmpty();
            goOn.countDown();
        }
        assertThat(threads).hasSize(3).containsOnly("hookline-checkpoint-audit");
        assertThat(damaged).containsExactly(Path.of("b"));
    }

    @Test
    void whatAStopInterruptsIsNotTakenForDamage() {
        CountDownLatch reading = new CountDownLatch(1);
        List<Path> read = new CopyOnWriteArrayList<>();
        List<Path> damaged = new ArrayList<>();
        try (Audit audit = new Audit(THREE, path -> {
            read.add(path);
            reading.countDown();
            await(new CountDownLatch(1));
        }, (path, error) -> damaged.add(path))) {
            await(reading);
            audit.stop();
        }
        assertThat(read).containsExactly(Path.of("a"));
        assertThat(damaged).isEmpty();
    }

    /** As a channel does: an interrupt ends the reading with an error, and stays. */
    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError("cannot be read", e);
        }
    }
}
