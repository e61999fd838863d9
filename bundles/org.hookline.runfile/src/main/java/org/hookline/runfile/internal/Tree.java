// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** YAML as values that know where they were written. Immutable. */
public sealed interface Tree {
    /** {@return where it begins} */
    Source at();

    /** {@return the value as JDK types} */
    Object plain();

    /**
     * A value that has no parts.
     *
     * @param at where it was written
     * @param value null, Boolean, Long, Double or String
     * @param text as it was written: {@code 007} where the value is 7
     */
    record Leaf(Source at, Object value, String text) implements Tree {
        @Override
        public Object plain() {
            return value;
        }
    }

    /**
     * A list.
     *
     * @param at where it begins
     * @param items its values
     */
    record Items(Source at, List<Tree> items) implements Tree {
        /** Copies the list. */
        public Items {
            items = List.copyOf(items);
        }

        @Override
        public Object plain() {
            List<Object> list = new ArrayList<>();
            items.forEach(i -> list.add(i.plain()));
            return list;
        }
    }

    /**
     * A mapping.
     *
     * @param at where it begins
     * @param fields its values by key, in order
     */
    record Fields(Source at, Map<String, Field> fields) implements Tree {
        /** Copies the map. */
        public Fields {
            fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        Tree get(String key) {
            Field field = fields.get(key);
            return field == null ? null : field.value();
        }

        Fields with(String key, Field field) {
            Map<String, Field> copy = new LinkedHashMap<>(fields);
            copy.put(key, field);
            return new Fields(at, copy);
        }

        Fields without(String key) {
            Map<String, Field> copy = new LinkedHashMap<>(fields);
            copy.remove(key);
            return new Fields(at, copy);
        }

        @Override
        public Object plain() {
            Map<String, Object> map = new LinkedHashMap<>();
            fields.forEach((k, f) -> map.put(k, f.value().plain()));
            return map;
        }
    }

    /**
     * A key with its value.
     *
     * @param key where the key was written
     * @param value the value
     */
    record Field(Source key, Tree value) {}

    /**
     * Tells whether a value is not there, or nothing stands behind its key.
     *
     * @param tree the value, or null
     * @return true for both
     */
    static boolean isEmpty(Tree tree) {
        return tree == null || (tree instanceof Leaf leaf && leaf.value() == null);
    }

    /** {@return what a person would call it} */
    default String show() {
        return switch (this) {
            case Leaf l when l.value() == null -> "empty";
            case Leaf l when l.value() instanceof String -> "'" + l.text() + "'";
            case Leaf l -> l.text();
            case Items i -> "a list";
            case Fields f -> "a group of keys";
        };
    }
}
