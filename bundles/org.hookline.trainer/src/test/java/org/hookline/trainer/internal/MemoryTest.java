// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
    private static final Path STATUS = Path.of("/proc/self/status");

    private static long residentKiB() throws Exception {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IllegalStateException("no VmRSS in " + STATUS);
    }

    /** 20 micro-batches, then what hooks do seldom: an evaluation, a look at the loss. */
    private static void round(Driver driver, int number) throws Exception {
        driver.begin(number, 0);
        for (int i = 0; i < 20; i++) {
            driver.task().nextBatch();
            driver.gradients().zero();
            driver.task().forward();
            driver.gradients().backward(1);
            driver.gradients().clipByNorm(1).close();
            driver.gradients().clipByValue(0.5);
            driver.stepper().step();
            driver.end();
        }
        if (number % 10 == 0) {
            driver.evaluation().evaluate("test");
        }
        assertThat(driver.loss()).isFinite();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void twoThousandIterationsLeaveTheMemoryFlat(boolean fused) throws Exception {
        assumeTrue(Files.isReadable(STATUS), "only Linux tells it this way");
        // A quarter of a MiB of weights, their gradients and two moments: a leak of any of them shows at once.
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("mlp", "hidden", 256));
        spec = TestParts.data(spec, TestParts.section("moons", "samples", 1280));
        Optional<Torch> torch = fused ? TestTorch.TORCH : Optional.empty();
        try (Driver driver = new Driver(spec, torch)) {
            for (int i = 0; i < 20; i++) {
                round(driver, i);
            }
            System.gc();
            long before = residentKiB();
            long arrays = arrays(driver);
            for (int i = 20; i < 120; i++) {
                round(driver, i);
            }
            System.gc();
            long grown = residentKiB() - before;
            // 2,000 iterations: even one left-over scalar of each would be 2,000 arrays.
            assertThat(arrays(driver)).isEqualTo(arrays);
            // One array of gradients left in each iteration would be 500 MiB; the Java heap alone moves by some.
            assertThat(grown).as("KiB").isLessThan(40_000);
        }
    }

    private static long arrays(Driver driver) {
        try (NDManager scope = driver.task().newScope()) {
            return scope.getParentManager().getManagedArrays().size();
        }
    }
}
