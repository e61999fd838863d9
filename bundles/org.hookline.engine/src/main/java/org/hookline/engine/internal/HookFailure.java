// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import org.hookline.api.Stage;

/** A hook failed the run; the message begins with its name. */
public final class HookFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes a failure.
     *
     * @param hook the hook's name
     * @param stage where it failed
     * @param cause what it threw
     */
    public HookFailure(String hook, Stage stage, Throwable cause) {
        super(hook + " failed in " + stage.method() + ": " + describe(cause), cause);
    }

    /**
     * Makes a failure outside a stage.
     *
     * @param hook the hook's name
     * @param method the method that failed
     * @param cause what it threw
     */
    HookFailure(String hook, String method, Throwable cause) {
        super(hook + " failed in " + method + ": " + describe(cause), cause);
    }

    /**
     * Describes a failure in one line.
     *
     * @param failure the failure
     * @return its class, unless that says nothing, and its message
     */
    public static String describe(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        String line = message.strip().lines().findFirst().orElse("");
        return failure.getClass() == RuntimeException.class || failure.getClass() == IllegalStateException.class
                        || failure instanceof org.hookline.api.UserError
                ? line
                : failure.getClass().getSimpleName() + ": " + line;
    }
}
