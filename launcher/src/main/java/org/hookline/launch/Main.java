// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch;

import java.lang.reflect.InvocationTargetException;

/**
 * The entry point. Compiled for an old JDK, so that a user who starts it with one reads a line instead of an
 * {@code UnsupportedClassVersionError}; everything else is loaded only after the check.
 */
public final class Main {
    private static final int NEEDED = 25;

    private Main() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param arguments the command line
     * @throws ReflectiveOperationException if lib/ is incomplete
     */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        int running = Runtime.version().feature();
        if (running < NEEDED) {
            System.err.println("hookline: needs JDK " + NEEDED + " or newer; this is "
                    + System.getProperty("java.version") + " in " + System.getProperty("java.home"));
            System.exit(2);
        }
        try {
            Class.forName("org.hookline.launch.internal.Launcher")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
