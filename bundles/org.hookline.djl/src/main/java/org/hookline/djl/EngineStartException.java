// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl;

import java.io.Serial;

/** The engine can not start; the message is one line for the user: what is missing, where, and what to do. */
public final class EngineStartException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * Creates it.
     *
     * @param message one line for the user
     * @param cause what was behind, or null
     */
    public EngineStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
