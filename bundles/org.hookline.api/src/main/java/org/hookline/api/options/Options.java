// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hookline.api.UserError;

/**
 * The values of a provider's options: checked against its declarations, defaults filled in. Immutable, for any thread.
 */
public final class Options {
    private final String owner;
    private final Path base;
    private final Map<String, Option> declared;
    private final Map<String, Object> values;

    private Options(String owner, Path base, Map<String, Option> declared, Map<String, Object> values) {
        this.owner = owner;
        this.base = base;
        this.declared = declared;
        this.values = values;
    }

    /**
     * Checks values against declarations.
     *
     * @param owner who takes the options, for messages: {@code data set digits}
     * @param base the folder from which relative paths are taken
     * @param declared the options
     * @param given the values of the run file
     * @return the checked options
     * @throws UserError if a key is unknown, a value has the wrong type, or a required one is missing
     */
    public static Options of(String owner, Path base, List<Option> declared, Map<String, ?> given) {
        Map<String, Option> byName = declared.stream()
                .collect(Collectors.toMap(Option::name, o -> o, (a, b) -> b, java.util.LinkedHashMap::new));
        Map<String, Object> values = new java.util.LinkedHashMap<>();
        given.forEach((key, value) -> {
            Option option = byName.get(key);
            if (option == null) {
                throw new UserError(owner + ": unknown option '" + key + "'" + Nearest.suggest(key, byName.keySet()));
            }
            values.put(key, convert(owner, option, value));
        });
        for (Option option : declared) {
            if (!values.containsKey(option.name())) {
                if (option.defaultValue() == null) {
                    throw new UserError(owner + ": option '" + option.name() + "' is missing: " + option.description());
                }
                values.put(option.name(), convert(owner, option, option.defaultValue()));
            }
        }
        return new Options(owner, base, byName, values);
    }

    private static Object convert(String owner, Option option, Object value) {
        Object converted = switch (option.type()) {
            case TEXT, PATH -> value instanceof List<?> || value instanceof Map<?, ?> || value == null
                    ? null : value.toString();
            case INTEGER -> integer(value);
            case NUMBER -> number(value);
            case BOOLEAN -> value instanceof Boolean ? value : null;
            case INTEGERS -> list(value, Options::integer);
            case NUMBERS -> list(value, Options::number);
            case TEXTS -> list(value, v -> v instanceof List<?> || v instanceof Map<?, ?> ? null : v.toString());
        };
        if (converted == null) {
            throw new UserError(owner + ": option '" + option.name() + "' is " + show(value) + ", expected "
                    + what(option.type()) + ": " + option.description());
        }
        if (!option.choices().isEmpty() && !option.choices().contains(converted.toString())) {
            throw new UserError(owner + ": option '" + option.name() + "' is '" + converted + "', expected one of "
                    + String.join(", ", option.choices()) + Nearest.suggest(converted.toString(), option.choices()));
        }
        return converted;
    }

    private static Long integer(Object value) {
        return switch (value) {
            case Integer i -> (long) i;
            case Long l -> l;
            case Short s -> (long) s;
            case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> d.longValue();
            case null, default -> null;
        };
    }

    private static Double number(Object value) {
        return value instanceof Number n ? n.doubleValue() : null;
    }

    private static <T> List<T> list(Object value, java.util.function.Function<Object, T> element) {
        List<?> given = switch (value) {
            case List<?> l -> l;
            case int[] a -> java.util.Arrays.stream(a).boxed().toList();
            case double[] a -> java.util.Arrays.stream(a).boxed().toList();
            case Object[] a -> List.of(a);
            case null -> List.of();
            default -> List.of(value);
        };
        List<T> result = new java.util.ArrayList<>();
        for (Object o : given) {
            T converted = element.apply(o);
            if (converted == null) {
                return null;
            }
            result.add(converted);
        }
        return List.copyOf(result);
    }

    private static String what(Option.Type type) {
        return switch (type) {
            case TEXT -> "text";
            case INTEGER -> "a whole number";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case INTEGERS -> "a list of whole numbers";
            case NUMBERS -> "a list of numbers";
            case TEXTS -> "a list of texts";
            case PATH -> "a file or folder";
        };
    }

    private static String show(Object value) {
        return value instanceof CharSequence ? "'" + value + "'" : String.valueOf(value);
    }

    private Object get(String name, Option.Type... types) {
        Option option = declared.get(name);
        if (option == null || !List.of(types).contains(option.type())) {
            throw new IllegalArgumentException(owner + " does not declare an option '" + name + "' of this type");
        }
        return values.get(name);
    }

    /** {@return who takes the options, for messages} */
    public String owner() {
        return owner;
    }

    /**
     * Gives a text.
     *
     * @param name the option
     * @return its value
     */
    public String text(String name) {
        return (String) get(name, Option.Type.TEXT, Option.Type.PATH);
    }

    /**
     * Gives a whole number.
     *
     * @param name the option
     * @return its value
     * @throws UserError if it does not fit an int
     */
    public int integer(String name) {
        long value = (Long) get(name, Option.Type.INTEGER);
        if (value != (int) value) {
            throw new UserError(owner + ": option '" + name + "' is " + value + ", which is too large");
        }
        return (int) value;
    }

    /**
     * Gives a whole number and checks its range.
     *
     * @param name the option
     * @param min the smallest that is allowed
     * @param max the largest that is allowed
     * @return its value
     * @throws UserError if it is outside
     */
    public int integer(String name, int min, int max) {
        int value = integer(name);
        if (value < min || value > max) {
            throw new UserError(owner + ": option '" + name + "' is " + value + ", expected " + min
                    + (max == Integer.MAX_VALUE ? " or more" : " to " + max));
        }
        return value;
    }

    /**
     * Gives a number.
     *
     * @param name the option
     * @return its value
     */
    public double number(String name) {
        return (Double) get(name, Option.Type.NUMBER);
    }

    /**
     * Gives a number and checks its range.
     *
     * @param name the option
     * @param min the smallest that is allowed
     * @param max the largest that is allowed
     * @return its value
     * @throws UserError if it is outside, or not a number
     */
    public double number(String name, double min, double max) {
        double value = number(name);
        if (!(value >= min && value <= max)) {
            throw new UserError(owner + ": option '" + name + "' is " + value + ", expected "
                    + (max == Double.MAX_VALUE ? "at least " + min : "between " + min + " and " + max));
        }
        return value;
    }

    /**
     * Gives a switch.
     *
     * @param name the option
     * @return its value
     */
    public boolean is(String name) {
        return (Boolean) get(name, Option.Type.BOOLEAN);
    }

    /**
     * Gives a list of whole numbers.
     *
     * @param name the option
     * @return its values
     */
    public List<Integer> integers(String name) {
        return ((List<?>) get(name, Option.Type.INTEGERS)).stream().map(v -> Math.toIntExact((Long) v)).toList();
    }

    /**
     * Gives a list of numbers.
     *
     * @param name the option
     * @return its values
     */
    public List<Double> numbers(String name) {
        return ((List<?>) get(name, Option.Type.NUMBERS)).stream().map(v -> (Double) v).toList();
    }

    /**
     * Gives a list of texts.
     *
     * @param name the option
     * @return its values
     */
    public List<String> texts(String name) {
        return ((List<?>) get(name, Option.Type.TEXTS)).stream().map(v -> (String) v).toList();
    }

    /**
     * Gives a file or folder.
     *
     * @param name the option
     * @return its value as an absolute path, or empty where it is empty text
     */
    public Optional<Path> path(String name) {
        String text = (String) get(name, Option.Type.PATH);
        if (text.isBlank()) {
            return Optional.empty();
        }
        if (text.startsWith("~/")) {
            text = System.getProperty("user.home") + text.substring(1);
        }
        return Optional.of(base.resolve(text).toAbsolutePath().normalize());
    }

    /**
     * Gives a file that is there.
     *
     * @param name the option
     * @param expected what it should be, for messages: {@code a CSV file}
     * @param endings of the names that such files usually have: in place of a folder those in it are offered
     * @return the absolute path of a file that can be read
     * @throws UserError if the option is empty text, or names anything else; the message says what is there
     */
    public Path file(String name, String expected, String... endings) {
        return given(name, expected).file(List.of(endings));
    }

    /**
     * Gives a folder that is there.
     *
     * @param name the option
     * @param expected what it should be, for messages: {@code a folder of class folders}
     * @return the absolute path of a folder that can be read
     * @throws UserError if the option is empty text, or names anything else; the message says what is there
     */
    public Path folder(String name, String expected) {
        return given(name, expected).folder();
    }

    private GivenPath given(String name, String expected) {
        return new GivenPath(owner, path(name).orElseThrow(
                () -> new UserError(owner + ": option '" + name + "' is empty, expected " + expected)), expected);
    }

    /** {@return all values by name, defaults included} */
    public Map<String, Object> asMap() {
        return java.util.Collections.unmodifiableMap(values);
    }
}
