// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.momentumscheduler.internal;

import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/** The momentum over time. */
enum MomentumCurve {
    /** A straight line. */
    LINEAR {
        @Override
        double share(double t) {
            return Math.min(t, 1);
        }
    },
    /** Half a wave. */
    COSINE {
        @Override
        double share(double t) {
            return (1 - Math.cos(Math.PI * Math.min(t, 1))) / 2;
        }
    },
    /** There and back in straight lines, as torch's {@code CyclicLR} with {@code cycle_momentum}. */
    CYCLIC {
        @Override
        double share(double t) {
            double inCycle = t - Math.floor(t);
            return 1 - Math.abs(2 * inCycle - 1);
        }
    };

    /**
     * How far the way to the end is gone.
     *
     * @param t time as a share of the length, at least 0
     * @return 0 at the start, 1 at the end
     */
    abstract double share(double t);

    /**
     * The momentum of a step.
     *
     * @param start first momentum
     * @param end last momentum
     * @param step from 0
     * @param total length in steps
     * @return the momentum
     */
    double at(double start, double end, long step, long total) {
        double share = share((double) step / Math.max(1, total));
        return start + (end - start) * share;
    }

    static MomentumCurve parse(String given) {
        String wanted = given.strip();
        for (MomentumCurve curve : values()) {
            if (curve.name().equalsIgnoreCase(wanted)) {
                return curve;
            }
        }
        throw new UserError("MomentumSchedulerHook: schedule is '" + given + "'"
                + Nearest.suggest(wanted, List.of("linear", "cosine", "cyclic")));
    }
}
