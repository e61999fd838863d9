// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** How gradients are computed. Training thread only. */
@ProviderType
public interface Autograd {
    /**
     * Watches the current iteration for anomalies, as {@code torch.autograd.detect_anomaly} does: a backward pass in
     * which a function gives NaN fails with the function's name, and where the forward pass called it is logged. Much
     * slower. To be called before the forward pass; it ends with the iteration, however that ends, so that there is
     * nothing to be switched off.
     *
     * @throws IllegalStateException if this libtorch cannot do it; the message is that of {@link #missing()}
     */
    void detectAnomaly();

    /** {@return what is missing for {@link #detectAnomaly()} in words; empty where it can be used} */
    Optional<String> missing();
}
