// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hookline.api.StatefulHook;

/**
 * A copy of a hook's state that holds on to no class of the hook's bundle.
 *
 * @param version the layout's version
 * @param values the state
 * @param arrays owns the copies of arrays
 */
record HookState(int version, Map<String, Object> values, Arrays arrays) implements AutoCloseable {

    /** A scope that is made only where a state holds arrays. */
    static final class Arrays {
        private final Supplier<NDManager> source;
        private NDManager scope;

        Arrays(Supplier<NDManager> source) {
            this.source = source;
        }

        NDArray keep(NDArray array) {
            if (scope == null) {
                scope = source.get();
            }
            NDArray copy = array.duplicate();
            copy.attach(scope);
            return copy;
        }

        void close() {
            if (scope != null) {
                scope.close();
                scope = null;
            }
        }
    }

    /**
     * Takes the state of a hook.
     *
     * @param hook the hook
     * @param scopes makes a scope for copies of arrays; the state closes it
     * @throws IllegalArgumentException if a value is of a type that cannot be kept; the message names its key
     */
    static HookState of(StatefulHook hook, Supplier<NDManager> scopes) {
        Arrays arrays = new Arrays(scopes);
        try {
            Map<String, Object> copy = new LinkedHashMap<>();
            hook.saveState().forEach((k, v) -> copy.put(k, copy(k, v, arrays)));
            return new HookState(hook.stateVersion(), copy, arrays);
        } catch (RuntimeException e) {
            arrays.close();
            throw e;
        }
    }

    private static Object copy(String key, Object value, Arrays arrays) {
        return switch (value) {
            case null -> null;
            case String s -> s;
            case Boolean b -> b;
            case Integer i -> i;
            case Long l -> l;
            case Double d -> d;
            case Float f -> f;
            case Short s -> s;
            case Byte b -> b;
            case byte[] a -> a.clone();
            case int[] a -> a.clone();
            case long[] a -> a.clone();
            case float[] a -> a.clone();
            case double[] a -> a.clone();
            case NDArray a -> arrays.keep(a);
            case List<?> list -> {
                List<Object> result = new ArrayList<>();
                for (Object o : list) {
                    result.add(copy(key + "[" + result.size() + "]", o, arrays));
                }
                yield result;
            }
            case Map<?, ?> map -> {
                Map<String, Object> result = new LinkedHashMap<>();
                map.forEach((k, v) -> result.put(k.toString(), copy(key + "." + k, v, arrays)));
                yield result;
            }
            default -> throw new IllegalArgumentException("state '" + key + "' is a " + value.getClass().getName()
                    + ", expected a JDK value, list, map or NDArray");
        };
    }

    @Override
    public void close() {
        arrays.close();
    }
}
