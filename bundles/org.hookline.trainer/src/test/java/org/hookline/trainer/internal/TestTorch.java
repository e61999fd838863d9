// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.hookline.torch.Torch;

/** The native operations, for tests of the path that uses them. */
final class TestTorch {
    static final Optional<Torch> TORCH = Optional.empty();

    private TestTorch() {}

    /** Leaves a test out where this libtorch lacks what it tests. */
    static void require(Torch.Feature feature) {
        assumeTrue(TORCH.isPresent() && TORCH.get().has(feature), () -> feature + " is missing");
    }
}
