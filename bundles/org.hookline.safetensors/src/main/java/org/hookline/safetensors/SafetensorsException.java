// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import java.io.IOException;

/**
 * A file that is not what the format demands. The message is one line: file, where in it, what is wrong, what was
 * expected.
 */
public final class SafetensorsException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final String where;

    SafetensorsException(String file, String where, String what, String expected, Throwable cause) {
        super(file + ": " + where + ": " + what + ", expected " + expected, cause);
        this.file = file;
        this.where = where;
    }

    SafetensorsException(String file, String where, String what, String expected) {
        this(file, where, what, expected, null);
    }

    /** {@return the file} */
    public String file() {
        return file;
    }

    /** {@return the place in the file, for example {@code header} or {@code tensor 'conv1.weight'}} */
    public String where() {
        return where;
    }
}
