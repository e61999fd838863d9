// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * The named levels of hooks. A lower number runs first, in every stage. Any integer is a valid level; these are the
 * names that the reference uses for seven of them.
 */
public enum HookLevel {
    /** Level 0. */
    HIGHEST(0),
    /** Level 10. */
    HIGHER(10),
    /** Level 20: the optimizer and the learning-rate schedule. */
    HIGH(20),
    /** Level 30: the default. */
    NORMAL(30),
    /** Level 40. */
    LOW(40),
    /** Level 50. */
    LOWER(50),
    /** Level 60. */
    LOWEST(60);

    private final int value;

    HookLevel(int value) {
        this.value = value;
    }

    /** {@return the level as a number} */
    public int value() {
        return value;
    }

    /**
     * Reads a level as a service property or a run file may give it: a number, a name in any case, or a number as text.
     *
     * @param value the property's value
     * @return the level, or empty if it cannot be read
     */
    public static OptionalInt parse(Object value) {
        return switch (value) {
            case Integer i -> OptionalInt.of(i);
            case Long l when l == l.intValue() -> OptionalInt.of(l.intValue());
            case Short s -> OptionalInt.of(s);
            case Byte b -> OptionalInt.of(b);
            case HookLevel level -> OptionalInt.of(level.value);
            case CharSequence text -> parseText(text.toString().strip());
            case null, default -> OptionalInt.empty();
        };
    }

    private static OptionalInt parseText(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        for (HookLevel level : values()) {
            if (level.name().equals(upper)) {
                return OptionalInt.of(level.value);
            }
        }
        try {
            return OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /**
     * Shows a level as a person would write it.
     *
     * @param level the level
     * @return its name where it has one, for example {@code NORMAL}, otherwise the number
     */
    public static String show(int level) {
        for (HookLevel named : values()) {
            if (named.value == level) {
                return named.name();
            }
        }
        return Integer.toString(level);
    }
}
