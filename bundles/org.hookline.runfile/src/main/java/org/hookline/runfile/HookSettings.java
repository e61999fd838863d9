// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hookline.api.HookLevel;
import org.hookline.api.HookProperties;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * Parameters of a hook as text, from a command line or a {@code .cfg} file, checked against what the hook declares. A
 * name may be written as in run files ({@code grad_clip.max_norm}) or as the component property
 * ({@code gradClip.maxNorm}).
 */
public final class HookSettings {
    private static final String POLICY = "(?i)abort|quarantine|retry\\s+[1-9][0-9]{0,5}";

    /** What the engine takes, by its name in run files. */
    private static final Map<String, String> ENGINE = Map.of("level", HookProperties.LEVEL, "name", HookProperties.NAME,
            "on_error", HookProperties.ON_ERROR, "before", HookProperties.BEFORE, "after", HookProperties.AFTER);

    private HookSettings() {}

    /**
     * Reads settings.
     *
     * @param type the kind of hook
     * @param given names and values as text
     * @return properties for Config Admin, values in their types; lists as arrays
     * @throws UserError if a name is unknown (with the nearest) or a value cannot be read
     */
    public static Map<String, Object> read(HookType type, Map<String, String> given) {
        Map<String, Object> properties = new LinkedHashMap<>();
        given.forEach((name, text) -> {
            String property = ENGINE.containsKey(name) ? ENGINE.get(name) : Parameter.camelCase(name);
            if (ENGINE.containsValue(property)) {
                properties.put(property, engine(type, name, property, text));
                return;
            }
            Optional<Parameter> parameter = type.parameters().stream().flatMap(List::stream)
                    .filter(p -> p.name().equals(property)).findFirst();
            if (parameter.isPresent()) {
                properties.put(property, value(type, name, parameter.get(), text));
            } else if (type.parameters().isEmpty()) {
                // It does not say what it takes.
                properties.put(property, text);
            } else {
                throw new UserError(type.type() + " has no parameter '" + name + "'"
                        + Nearest.suggest(name, names(type)));
            }
        });
        return properties;
    }

    /**
     * Names what can be set.
     *
     * @param type the kind of hook
     * @return the names as run files write them
     */
    public static Set<String> names(HookType type) {
        Set<String> names = new LinkedHashSet<>();
        type.parameters().stream().flatMap(List::stream).forEach(p -> names.add(String.join(".", p.path())));
        names.addAll(List.of("level", "on_error", "before", "after"));
        return names;
    }

    private static Object engine(HookType type, String name, String property, String text) {
        return switch (property) {
            case HookProperties.LEVEL -> level(text, type.type());
            case HookProperties.ON_ERROR -> {
                if (!text.strip().matches(POLICY)) {
                    throw new UserError(type.type() + ": " + name + " is '" + text
                            + "', expected abort, quarantine or retry N");
                }
                yield text.strip();
            }
            case HookProperties.NAME -> text.strip();
            default -> list(text).toArray(String[]::new);
        };
    }

    /**
     * Reads a level.
     *
     * @param text a number or a name
     * @param hook whose level it is, for the message
     * @return the level
     * @throws UserError if it cannot be read
     */
    public static int level(String text, String hook) {
        return HookLevel.parse(text).orElseThrow(() -> {
            List<String> names = java.util.Arrays.stream(HookLevel.values()).map(Enum::name).toList();
            return new UserError(hook + ": level '" + text
                    + "' cannot be read, expected an integer or the name of a level" + Nearest.suggest(text, names));
        });
    }

    private static Object value(HookType type, String name, Parameter parameter, String text) {
        if (!parameter.list()) {
            return one(type, name, parameter, text);
        }
        List<Object> values = list(text).stream().map(t -> one(type, name, parameter, t)).toList();
        Object array = java.lang.reflect.Array.newInstance(switch (parameter.type()) {
            case TEXT -> String.class;
            case INTEGER -> Long.class;
            case NUMBER -> Double.class;
            case BOOLEAN -> Boolean.class;
        }, values.size());
        for (int i = 0; i < values.size(); i++) {
            java.lang.reflect.Array.set(array, i, values.get(i));
        }
        return array;
    }

    private static Object one(HookType type, String name, Parameter parameter, String text) {
        String where = type.type() + ": " + name;
        Object value = parameter.parse(text)
                .filter(v -> parameter.type() != Parameter.Type.BOOLEAN || text.strip().matches("(?i)true|false"))
                .orElseThrow(() -> new UserError(where + " is '" + text + "', expected " + switch (parameter.type()) {
                    case TEXT -> "text";
                    case INTEGER -> "a whole number";
                    case NUMBER -> "a number";
                    case BOOLEAN -> "true or false";
                }));
        if (value instanceof Number number) {
            double d = number.doubleValue();
            boolean below = parameter.min().isPresent() && d < parameter.min().get();
            boolean above = parameter.max().isPresent() && d > parameter.max().get();
            if (below || above || Double.isNaN(d)) {
                throw new UserError(where + " is " + text + ", expected "
                        + parameter.min().map(m -> "at least " + shown(m)).orElse("")
                        + (parameter.min().isPresent() && parameter.max().isPresent() ? " and " : "")
                        + parameter.max().map(m -> "at most " + shown(m)).orElse(""));
            }
        }
        if (!parameter.options().isEmpty() && !parameter.options().contains(text.strip())) {
            throw new UserError(where + " cannot be '" + text + "'" + Nearest.suggest(text, parameter.options()));
        }
        return value;
    }

    private static String shown(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static List<String> list(String text) {
        List<String> values = new ArrayList<>(List.of(text.strip().split("\\s*,\\s*", -1)));
        values.removeIf(String::isEmpty);
        return values;
    }
}
