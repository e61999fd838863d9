// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaiter.internal;

import org.hookline.api.UserError;

/**
 * How the average is kept.
 *
 * @param decay share of the average that stays at each update, in [0, 1)
 * @param warmup whether the decay rises at the beginning
 * @param start optimizer steps before the average starts
 * @param interval optimizer steps between two updates
 * @param evaluate whether evaluations see the average
 */
public record EmaSettings(double decay, boolean warmup, long start, int interval, boolean evaluate) {

    static EmaSettings of(EmaIterConfig c) {
        check("decay", c.decay() >= 0 && c.decay() < 1, c.decay(), "0 up to below 1");
        check("start", c.start() >= 0, c.start(), "0 or more");
        check("interval", c.interval() >= 1, c.interval(), "1 or more");
        return new EmaSettings(c.decay(), c.warmup(), c.start(), c.interval(), c.evaluate());
    }

    private static void check(String key, boolean good, Object given, String expected) {
        if (!good) {
            throw new UserError("EMAIterHook: " + key + " is " + given + ", expected " + expected);
        }
    }

    /**
     * The decay of an update; the rise is that of TensorFlow's {@code ExponentialMovingAverage} with
     * {@code num_updates}.
     *
     * @param updates the number of updates before it
     * @return share of the average that stays
     */
    double decayAt(long updates) {
        return warmup ? Math.min(decay, (1.0 + updates) / (10.0 + updates)) : decay;
    }
}
