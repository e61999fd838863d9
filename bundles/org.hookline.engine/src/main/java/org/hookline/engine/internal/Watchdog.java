// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names a hook that does not return, with its stack, once for each such call and again each time the wait has doubled.
 * It only tells: a thread that hangs in native code cannot be ended from outside.
 */
final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final Supplier<java.util.Optional<HookCalls.Call>> inside;
    private final RunState run;
    private final long limit;
    private final Thread thread;
    private String hook = "";
    private long next;

    Watchdog(RunState run, Supplier<java.util.Optional<HookCalls.Call>> inside, Duration limit) {
        this.run = run;
        this.inside = inside;
        this.limit = limit.toNanos();
        this.next = this.limit;
        this.thread = Thread.ofPlatform().daemon().name("hookline-watchdog").start(this::watch);
    }

    private void watch() {
        long pause = Math.clamp(limit / 4_000_000, 10, 1000);
        try {
            while (true) {
                Thread.sleep(pause);
                inside.get().ifPresentOrElse(this::look, () -> next = limit);
            }
        } catch (InterruptedException e) {
            LOG.debug("the watchdog ends");
        }
    }

    private void look(HookCalls.Call call) {
        if (!call.hook().equals(hook) || call.nanos() < limit) {
            hook = call.hook();
            next = limit;
        }
        if (call.nanos() >= next) {
            next = call.nanos() * 2;
            long seconds = Math.round(call.nanos() * 1e-9);
            LOG.warn("hook {} has not returned for {} s; it is inside:\n{}", hook, seconds, call.stack());
            run.event("hook_slow", "iteration " + run.progress().iteration() + ": hook " + hook
                    + " has not returned for " + seconds + " s (its stack is in the log)",
                    Map.of("hook", hook, "seconds", seconds, "stack", call.stack()));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
