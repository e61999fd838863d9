// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.nio.file.Path;

/**
 * Where a value was written.
 *
 * @param name the file as a person would write it, or the argument of the command line
 * @param line from 1; 0 for the whole file or an argument
 * @param folder from which relative paths in the value are taken
 * @param argument whether it is an argument, which has no lines
 */
public record Source(String name, int line, Path folder, boolean argument) {
    static Source file(String name, Path folder) {
        return new Source(name, 0, folder, false);
    }

    static Source argument(String text, Path current) {
        return new Source("command line '" + text + "'", 0, current, true);
    }

    /** {@return {@code file:line}} */
    public String show() {
        return line > 0 ? name + ":" + line : name;
    }

    /** Gives the place of a mark of the YAML parser, which counts from 0. */
    Source at(int mark) {
        return argument ? this : new Source(name, mark + 1, folder, false);
    }
}
