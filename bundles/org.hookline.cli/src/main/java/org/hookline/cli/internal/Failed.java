// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

/** Something of ours did not work; the message is the line for the user. */
final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    Failed(String message) {
        super(message);
    }

    Failed(String message, Throwable cause) {
        super(message, cause);
    }
}
