// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnpackedTest {
    @ParameterizedTest
    @CsvSource({
        // a layer's forward pass: of a narrow batch, of a wide one, with few inputs, with few outputs
        "t, n, 256, 64, 784, TURNED", "t, n, 256, 128, 784,", "t, n, 300, 64, 100,", "t, n, 10, 1024, 256, TURNED",
        // the gradient of its input: weights that a core's cache holds, larger ones, and those for few samples
        "n, n, 784, 64, 256, PLAIN", "n, n, 256, 1024, 256, WIDE", "n, n, 1000, 64, 512,", "n, n, 2048, 16, 512, PLAIN",
        "n, n, 1024, 64, 64,",
        // the gradient of its weights: small ones, large ones
        "n, t, 784, 256, 64, OUTER", "n, t, 128, 128, 4096, OUTER", "n, t, 1024, 1024, 64,", "n, t, 1024, 128, 16,",
        // small enough as they are
        "n, n, 100, 100, 100,", "n, t, 128, 128, 32,", "t, n, 10, 64, 256,",
        // of no layer
        "t, t, 256, 64, 784,"
    })
    void blocksAreTakenWhereTheyAreTheFaster(char transA, char transB, int rows, int columns, int depth,
            Unpacked expected) {
        assertThat(Unpacked.of(transA == 't', transB == 't', rows, columns, depth)).isEqualTo(expected);
    }
}
