// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

/** Stands for the class of the API, which the launcher knows by name only. */
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UserError(String message) {
        super(message);
    }
}
