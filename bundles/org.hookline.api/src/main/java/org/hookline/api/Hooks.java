// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The hooks of a run. For any thread. */
@ProviderType
public interface Hooks {
    /** {@return the hooks in the order in which they are called, quarantined ones last} */
    List<HookInfo> list();

    /**
     * Finds a hook.
     *
     * @param name the hook's name in the run
     * @return the hook, or empty
     */
    default Optional<HookInfo> find(String name) {
        return list().stream().filter(h -> h.name().equals(name)).findFirst();
    }
}
