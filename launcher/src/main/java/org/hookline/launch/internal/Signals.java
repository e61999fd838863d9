// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.util.concurrent.TimeUnit;
import org.hookline.launch.Command;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * Ctrl-C and its like. The first signal asks the command to end; the process is halted {@value #GRACE_MILLIS} ms later,
 * or at the second signal, whatever hangs then.
 */
final class Signals {
    /** Under the 5 s that are promised, with time to halt. */
    private static final long GRACE_MILLIS = 4_500;

    private static final Logger log = LoggerFactory.getLogger(Signals.class);

    private final Object lock = new Object();
    private Command command;
    private Signal received;
    private long deadline;

    /** Takes the signals over. */
    void install() {
        // HUP: the terminal of a run over ssh is gone; the run ends in good order all the same.
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            try {
                Signal.handle(new Signal(name), this::onSignal);
            } catch (IllegalArgumentException e) {
                log.debug("SIG{} stays as it is: {}", name, e.getMessage());
            }
        }
    }

    /** Whom to ask from now on. */
    void watch(Command running) {
        boolean late;
        synchronized (lock) {
            command = running;
            late = received != null;
        }
        if (late) {
            interrupt(running);
        }
    }

    /** Whether a signal came. */
    boolean received() {
        synchronized (lock) {
            return received != null;
        }
    }

    /** The exit code: 128 and the signal's number if one came. */
    int exitCode(int otherwise) {
        synchronized (lock) {
            return received == null ? otherwise : 128 + received.getNumber();
        }
    }

    /** How long the framework may take to stop. */
    long millisLeft(long otherwise) {
        synchronized (lock) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            return received == null ? otherwise : Math.max(1, left);
        }
    }

    private void onSignal(Signal signal) {
        Command running;
        synchronized (lock) {
            if (received != null) {
                Runtime.getRuntime().halt(128 + received.getNumber());
            }
            received = signal;
            deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
            running = command;
        }
        Thread.ofPlatform().daemon().name("hookline-halt").start(() -> haltLater(signal));
        log.info("SIG{} received", signal.getName());
        if (running != null) {
            interrupt(running);
        }
    }

    private void haltLater(Signal signal) {
        try {
            Thread.sleep(GRACE_MILLIS);
        } catch (InterruptedException e) {
            // Nobody interrupts it; if somebody does, halting early is the safe side.
            Thread.currentThread().interrupt();
        }
        System.err.println("hookline: halted, because it did not end within " + GRACE_MILLIS / 1000.0 + " s of SIG"
                + signal.getName());
        Runtime.getRuntime().halt(128 + signal.getNumber());
    }

    private void interrupt(Command running) {
        Signal signal;
        synchronized (lock) {
            signal = received;
        }
        if (!stopsItself(running)) {
            Runtime.getRuntime().halt(128 + signal.getNumber());
        }
        try {
            running.interrupt("SIG" + signal.getName());
        } catch (RuntimeException | LinkageError e) {
            log.error("The command does not take SIG{}", signal.getName(), e);
        }
    }

    /** Whether the command does something on a signal, or keeps the interface's empty method. */
    private static boolean stopsItself(Command command) {
        try {
            return command.getClass().getMethod("interrupt", String.class).getDeclaringClass() != Command.class;
        } catch (NoSuchMethodException e) {
            return true;
        }
    }
}
