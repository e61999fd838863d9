// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import org.osgi.annotation.versioning.ProviderType;

/** Mixed precision: in which type the forward pass computes. Training thread only. */
@ProviderType
public interface Precision {
    /** The types of computation. */
    enum Type {
        /** 32 bits. */
        FP32,
        /** 16 bits, IEEE half; small gradients need a loss scale. */
        FP16,
        /** 16 bits with the range of 32; no loss scale. */
        BF16
    }

    /** {@return the type in which forward passes compute} */
    Type type();

    /**
     * Switches autocast for the next forward passes.
     *
     * @param type the type to compute in
     * @throws IllegalStateException if this libtorch cannot do it; the message says what is missing
     */
    void setType(Type type);
}
