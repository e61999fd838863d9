// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import org.hookline.api.facet.RandomNumbers;

/** libtorch's generators, of the host and of all GPUs; they are those of the whole process. Training thread only. */
final class TorchRandomNumbers implements RandomNumbers {
    @Override
    public void seed(long seed, long moment) {
        long mixed = SplitMix64.join(seed, moment);
        DjlRuntime.engine().setRandomSeed((int) (mixed ^ (mixed >>> 32)));
    }
}
