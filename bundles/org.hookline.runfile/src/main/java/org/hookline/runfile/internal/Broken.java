// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import org.hookline.runfile.Mistake;

/** A mistake after which the rest of a file makes no sense. */
public final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Mistake mistake;

    Broken(String where, String text, Throwable cause) {
        super(where + ": " + text, cause);
        this.mistake = new Mistake(where, text);
    }

    Broken(Source at, String text) {
        this(at.show(), text, null);
    }

    /** {@return the mistake} */
    public Mistake mistake() {
        return mistake;
    }
}
