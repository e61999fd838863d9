// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Where the hooks of a run hand data to one another, by typed key. Values should be of JDK types, so that no class of a
 * bundle outlives it; what a hook put is removed when the hook leaves. To be used on the training thread.
 */
@ProviderType
public interface SharedData {
    /**
     * The name and type of a value.
     *
     * @param <T> the value's type
     * @param name by convention {@code <hook>.<value>}
     * @param type the value's type
     */
    record Key<T>(String name, Class<T> type) {}

    /**
     * Puts a value.
     *
     * @param <T> the value's type
     * @param key the key
     * @param value the value
     */
    <T> void put(Key<T> key, T value);

    /**
     * Gives a value.
     *
     * @param <T> the value's type
     * @param key the key
     * @return the value, or empty
     */
    <T> Optional<T> get(Key<T> key);

    /**
     * Removes a value.
     *
     * @param key the key
     */
    void remove(Key<?> key);
}
