// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.util.List;
import java.util.Optional;

/**
 * A kind of hook, or of writer, that an installed bundle offers.
 *
 * @param type the name in run files: the name of the component
 * @param pid the configuration PID of the component
 * @param writer whether it is a writer of metrics and not a hook
 * @param description in words; may be empty
 * @param parameters what it takes; empty where the bundle describes none, and then anything is passed on unchecked
 */
public record HookType(
        String type, String pid, boolean writer, String description, Optional<List<Parameter>> parameters) {
    /** Copies the list. */
    public HookType {
        parameters = parameters.map(List::copyOf);
    }

    /**
     * Makes a hook with a description of its parameters.
     *
     * @param type the name, also the PID
     * @param parameters what it takes
     * @return the type
     */
    public static HookType hook(String type, Parameter... parameters) {
        return new HookType(type, type, false, "", Optional.of(List.of(parameters)));
    }

    /**
     * Makes a writer with a description of its parameters.
     *
     * @param type the name, also the PID
     * @param parameters what it takes
     * @return the type
     */
    public static HookType writer(String type, Parameter... parameters) {
        return new HookType(type, type, true, "", Optional.of(List.of(parameters)));
    }
}
