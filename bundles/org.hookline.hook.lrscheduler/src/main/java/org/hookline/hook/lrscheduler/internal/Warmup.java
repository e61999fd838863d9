// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

/**
 * A lower learning rate at the start, as a factor; {@code LinearLR} and {@code ConstantLR} of
 * {@code torch.optim.lr_scheduler}. It counts optimizer steps, whatever the schedule counts.
 *
 * @param steps how many optimizer steps it takes; 0 for none
 * @param linear whether the factor rises linearly, otherwise it stays at its start
 * @param start the factor of the first step
 */
public record Warmup(long steps, boolean linear, double start) {
    /** No warm-up. */
    public static final Warmup NONE = new Warmup(0, true, 1);

    /**
     * Gives the factor.
     *
     * @param step the number of optimizer steps done
     * @return the factor; 1 from {@link #steps} on
     */
    public double factor(long step) {
        if (step >= steps) {
            return 1;
        }
        return linear ? start + (1 - start) * step / steps : start;
    }
}
