// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.util.List;
import java.util.Optional;

/**
 * One parameter of a hook or writer, as its metatype description declares it.
 *
 * @param name the component property: camelCase, nested with dots, for example {@code gradClip.maxNorm}
 * @param type what one value is
 * @param cardinality 0 for one value, otherwise a list, as metatype counts it
 * @param defaults the values that hold without it; empty where none is declared
 * @param description in words
 * @param min the smallest number allowed
 * @param max the largest number allowed
 * @param options the values allowed; empty for any
 */
public record Parameter(
        String name, Type type, int cardinality, Optional<List<String>> defaults, String description,
        Optional<Double> min, Optional<Double> max, List<String> options) {

    /** What one value of a parameter is. */
    public enum Type {
        /** Text. */
        TEXT,
        /** A whole number. */
        INTEGER,
        /** A number. */
        NUMBER,
        /** true or false. */
        BOOLEAN
    }

    /** Copies the lists. */
    public Parameter {
        options = List.copyOf(options);
        defaults = defaults.map(List::copyOf);
    }

    /**
     * Makes a parameter of one value without a range.
     *
     * @param name the component property
     * @param type what it is
     * @param defaultValue the default as text
     * @param description in words
     * @return the parameter
     */
    public static Parameter of(String name, Type type, String defaultValue, String description) {
        return new Parameter(name, type, 0, Optional.of(List.of(defaultValue)), description, Optional.empty(),
                Optional.empty(), List.of());
    }

    /** {@return whether it holds a list} */
    public boolean list() {
        return cardinality != 0;
    }

    /**
     * Reads one value from text.
     *
     * @param text the text
     * @return a String, Long, Double or Boolean; empty where the text is not of this parameter's type
     */
    public Optional<Object> parse(String text) {
        try {
            return Optional.of(switch (type) {
                case TEXT -> text;
                case INTEGER -> (Object) Long.parseLong(text.strip());
                case NUMBER -> (Object) Double.parseDouble(text.strip());
                case BOOLEAN -> (Object) Boolean.parseBoolean(text.strip());
            });
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** {@return the name in run files, a key for each level: {@code [grad_clip, max_norm]}} */
    public List<String> path() {
        return List.of(snakeCase(name).split("\\."));
    }

    /**
     * Turns a name of run files into a component property: {@code max_norm} into {@code maxNorm}.
     *
     * @param snake the name in run files; dots stay
     * @return the property
     */
    public static String camelCase(String snake) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < snake.length(); i++) {
            char c = snake.charAt(i);
            boolean inside = i > 0 && i + 1 < snake.length() && snake.charAt(i - 1) != '.';
            if (c == '_' && inside && Character.isLetterOrDigit(snake.charAt(i + 1))) {
                out.append(Character.toUpperCase(snake.charAt(++i)));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /**
     * Turns a component property into a name of run files: {@code maxNorm} into {@code max_norm}.
     *
     * @param camel the property; dots stay
     * @return the name in run files
     */
    public static String snakeCase(String camel) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < camel.length(); i++) {
            char c = camel.charAt(i);
            if (Character.isUpperCase(c) && i > 0 && camel.charAt(i - 1) != '.') {
                out.append('_');
            }
            out.append(Character.toLowerCase(c));
        }
        return out.toString();
    }
}
