// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.hookline.api.SharedData;

/** What hooks hand to one another; remembers who put what, so that it goes with the hook. Training thread only. */
final class SharedMap implements SharedData {
    private record Held(Object value, Object owner) {}

    private final Map<Key<?>, Held> values = new HashMap<>();
    private final Supplier<Object> caller;

    SharedMap(Supplier<Object> caller) {
        this.caller = caller;
    }

    @Override
    public <T> void put(Key<T> key, T value) {
        values.put(key, new Held(key.type().cast(value), caller.get()));
    }

    @Override
    public <T> Optional<T> get(Key<T> key) {
        return Optional.ofNullable(values.get(key)).map(h -> key.type().cast(h.value()));
    }

    @Override
    public void remove(Key<?> key) {
        values.remove(key);
    }

    @SuppressWarnings("ReferenceEquality") // an owner is this very slot, whatever its equals says
    void removeOwnedBy(Object owner) {
        values.values().removeIf(h -> h.owner() == owner);
    }

    /** {@return what is there now, for {@link #restore}} */
    Map<Key<?>, Object> snapshot() {
        return new HashMap<>(values);
    }

    void restore(Map<Key<?>, Object> snapshot) {
        values.clear();
        snapshot.forEach((key, held) -> values.put(key, (Held) held));
    }

    void clear() {
        values.clear();
    }
}
