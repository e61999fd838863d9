// SPDX-License-Identifier: Apache-2.0
package org.hookline.library.internal;

import java.lang.annotation.Annotation;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.UserError;

/**
 * Configurations as Declarative Services makes them: an annotation type whose elements have the values of component
 * properties (Compendium 8, 112.8.2).
 */
final class Settings {
    private static final Pattern PARTS = Pattern.compile("\\$_\\$|\\$\\$|\\$|__|_");

    private Settings() {}

    /**
     * Makes a configuration.
     *
     * @param type the annotation type; each element has a default
     * @param properties component properties; those of no element are left alone
     * @param owner whose it is, for errors
     */
    static Annotation of(Class<?> type, Map<String, ?> properties, String owner) {
        Map<String, Object> elements = new LinkedHashMap<>();
        for (Method element : type.getDeclaredMethods()) {
            String property = property(element.getName());
            Object given = properties.get(property);
            elements.put(element.getName(),
                    given == null ? element.getDefaultValue()
                            : converted(given, element.getReturnType(), owner + ": " + property));
        }
        return (Annotation) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "annotationType" -> type;
                    case "toString" -> "@" + type.getSimpleName() + elements;
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == arguments[0];
                    default -> elements.get(method.getName());
                });
    }

    /** The component property of an element. */
    static String property(String element) {
        Matcher parts = PARTS.matcher(element);
        return parts.replaceAll(m -> switch (m.group()) {
            case "$_$" -> "-";
            case "$$" -> "\\$";
            case "$" -> "";
            case "__" -> "_";
            default -> ".";
        });
    }

    private static Object converted(Object value, Class<?> type, String what) {
        if (type.isArray()) {
            List<Object> values = new ArrayList<>();
            switch (value) {
                case Collection<?> c -> values.addAll(c);
                case Object array when array.getClass().isArray() -> {
                    for (int i = 0; i < Array.getLength(array); i++) {
                        values.add(Array.get(array, i));
                    }
                }
                default -> values.add(value);
            }
            Object array = Array.newInstance(type.getComponentType(), values.size());
            for (int i = 0; i < values.size(); i++) {
                Array.set(array, i, converted(values.get(i), type.getComponentType(), what));
            }
            return array;
        }
        try {
            return single(value, type);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UserError(what + " is '" + value + "', expected " + type.getSimpleName(), e);
        }
    }

    private static Object single(Object value, Class<?> type) {
        String text = value.toString().strip();
        if (type == String.class) {
            return value.toString();
        }
        if (type == boolean.class) {
            if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
                throw new IllegalArgumentException(text);
            }
            return Boolean.valueOf(text);
        }
        if (type == int.class) {
            return Math.toIntExact(whole(value, text));
        }
        if (type == long.class) {
            return whole(value, text);
        }
        if (type == double.class) {
            return Double.valueOf(text);
        }
        if (type == float.class) {
            return Float.valueOf(text);
        }
        throw new IllegalArgumentException("no such parameters here");
    }

    private static long whole(Object value, String text) {
        return value instanceof Number n && n.doubleValue() == n.longValue() ? n.longValue() : Long.parseLong(text);
    }
}
