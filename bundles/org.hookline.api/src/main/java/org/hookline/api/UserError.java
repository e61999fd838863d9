// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

/**
 * A mistake in what the user gave: a run file, an option, a data folder. The message is one line that says what, where,
 * what was expected and the nearest valid choice; the command line shows it without a stack trace and exits with 2.
 */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an error.
     *
     * @param message one line
     */
    public UserError(String message) {
        super(message);
    }

    /**
     * Makes an error.
     *
     * @param message one line
     * @param cause what showed it, for {@code --debug}
     */
    public UserError(String message, Throwable cause) {
        super(message, cause);
    }
}
