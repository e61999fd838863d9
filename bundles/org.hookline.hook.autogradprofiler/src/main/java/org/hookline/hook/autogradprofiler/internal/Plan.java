// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.hookline.api.UserError;

/**
 * Which iterations are recorded: those of a list, or of cycles that skip some, warm up and are active, as
 * {@code torch.profiler.schedule} has them.
 */
final class Plan {
    /** What is done with an iteration. */
    enum Action {
        /** Nothing. */
        NONE,
        /** It is recorded and dropped. */
        WARM_UP,
        /** It is recorded and written. */
        WRITE
    }

    private final Set<Long> listed;
    private final long skip;
    private final long warmup;
    private final long cycle;
    private final long end;

    /**
     * Makes a plan.
     *
     * @param config the parameters
     * @throws UserError if one is out of its range
     */
    Plan(ProfilerConfig config) {
        listed = Arrays.stream(config.iterations()).boxed().collect(Collectors.toUnmodifiableSet());
        check("iterations", listed.stream().mapToLong(i -> i).min().orElse(1), 1);
        check("skip", config.skip(), 0);
        check("warmup", config.warmup(), 0);
        check("active", config.active(), 1);
        check("repeat", config.repeat(), 0);
        skip = config.skip();
        warmup = config.warmup();
        cycle = Math.addExact(Math.addExact(skip, warmup), config.active());
        end = config.repeat() == 0 ? Long.MAX_VALUE : Math.multiplyExact(cycle, config.repeat());
    }

    private static void check(String key, long value, long least) {
        if (value < least) {
            throw new UserError("AutogradProfilerHook: " + key + " is " + value + ", expected " + least + " or more");
        }
    }

    /**
     * Tells what is done with an iteration.
     *
     * @param iteration its number, from 1
     * @param before how many had been done when the hook began
     * @return what is done with it
     */
    Action action(long iteration, long before) {
        if (!listed.isEmpty()) {
            return listed.contains(iteration) ? Action.WRITE : Action.NONE;
        }
        long position = iteration - 1 - before;
        if (position < 0 || position >= end || position % cycle < skip) {
            return Action.NONE;
        }
        return position % cycle < skip + warmup ? Action.WARM_UP : Action.WRITE;
    }
}
