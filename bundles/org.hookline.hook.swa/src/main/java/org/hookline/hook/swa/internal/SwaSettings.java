// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.swa.internal;

import org.hookline.api.Progress;
import org.hookline.api.UserError;

/**
 * How weights are averaged.
 *
 * @param startEpoch passes over the data before it starts; 0 for none given
 * @param startIteration iterations before it starts; 0 for none given
 * @param interval optimizer steps between two moments; 0 for the end of each pass
 * @param learningRate while averaging; 0 for that of the schedule
 * @param evaluate whether evaluations see the average
 * @param applyAtEnd whether the model ends with the average
 */
public record SwaSettings(
        int startEpoch, long startIteration, long interval, double learningRate, boolean evaluate,
        boolean applyAtEnd) {
    static SwaSettings of(SwaConfig c) {
        check("start_epoch", c.startEpoch() >= 0, c.startEpoch());
        check("start_iteration", c.startIteration() >= 0, c.startIteration());
        check("interval", c.interval() >= 0, c.interval());
        check("swa_lr", c.swaLr() >= 0 && c.swaLr() < Double.POSITIVE_INFINITY, c.swaLr());
        if (c.startEpoch() > 0 && c.startIteration() > 0) {
            throw new UserError("SWAHook: start_epoch and start_iteration are both given, expected one of them");
        }
        return new SwaSettings(c.startEpoch(), c.startIteration(), c.interval(), c.swaLr(), c.evaluate(),
                c.applyAtEnd());
    }

    private static void check(String key, boolean good, Object given) {
        if (!good) {
            throw new UserError("SWAHook: " + key + " is " + given + ", expected 0 or more");
        }
    }

    /**
     * The first iteration in which averaging is on.
     *
     * @param p the run
     * @return the iteration, from 0
     */
    long first(Progress p) {
        if (startIteration > 0) {
            return startIteration;
        }
        if (startEpoch > 0) {
            return (long) startEpoch * p.innerIterations();
        }
        // The share of the budget after which the paper averages (Izmailov et al. 2018, section 4).
        return Math.ceilDiv(p.iterations() * 3, 4);
    }
}
