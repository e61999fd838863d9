// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A hook with state that must survive: it goes into checkpoints, and from the old instance to the new one when a hook
 * is replaced in a running run.
 *
 * <p>State is made of JDK types only: {@code String}, {@code Boolean}, the boxed numbers, {@code byte[]},
 * {@code int[]}, {@code long[]}, {@code float[]}, {@code double[]}, {@code List}, {@code Map} with text keys, and
 * {@link ai.djl.ndarray.NDArray} for named tensors. The engine copies it, so that no class of a bundle outlives the
 * bundle. Both methods are called on the training thread, between iterations.
 */
@ConsumerType
public interface StatefulHook extends Hook {

    /** {@return the version of the state's layout, to be raised when {@link #saveState()} changes} */
    default int stateVersion() {
        return 1;
    }

    /**
     * Gives the state.
     *
     * @return the state by name; the engine copies it
     */
    Map<String, Object> saveState();

    /**
     * Takes a state that {@link #saveState()} gave, maybe of an older version. Called before {@link #beforeTrain}.
     *
     * @param version the version under which it was saved
     * @param state the state
     * @throws IllegalArgumentException if this state cannot be used; the hook is then as if this had not been called
     */
    void loadState(int version, Map<String, Object> state);

    /**
     * Tells whether this hook may take the place of an older one in a running run although {@link #loadState} refuses
     * the older one's state. If not, the older one goes on and this one is not used.
     *
     * @return false, unless overridden
     */
    default boolean startsFresh() {
        return false;
    }
}
