// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.nio.file.Path;
import org.hookline.torch.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens libtorch and says once what it lacks. */
public final class Opening {
    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

    private Opening() {}

    /**
     * Opens the libtorch of a folder.
     *
     * @param folder from which DJL loaded it
     * @param assumedVersion where the library does not tell its own
     * @return the operations
     */
    public static Torch open(Path folder, String assumedVersion) {
        Torch torch = new LibTorch(Symbols.in(folder), folder, assumedVersion);
        for (Torch.Feature feature : Torch.Feature.values()) {
            torch.missing(feature).ifPresent(what -> LOG.debug("{} is not available: libtorch {} lacks {}", feature,
                    torch.version(), what));
        }
        return torch;
    }
}
