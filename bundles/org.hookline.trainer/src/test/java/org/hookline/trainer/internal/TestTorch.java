// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;

/** The native operations, for tests of the path that uses them. */
final class TestTorch {
    static final Optional<Torch> TORCH = Optional.of(load());

    private TestTorch() {}

    private static Torch load() {
        DjlRuntime.engine();
        return TorchLoader.load();
    }

    /** Leaves a test out where this libtorch lacks what it tests. */
    static void require(Torch.Feature feature) {
        assumeTrue(TORCH.orElseThrow().has(feature), () -> feature + " is missing");
    }
}
