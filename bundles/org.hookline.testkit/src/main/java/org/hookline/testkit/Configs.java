// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/** Makes configurations as Declarative Services does: an annotation type's defaults, and what is set over them. */
public final class Configs {
    private Configs() {}

    /**
     * Makes a configuration.
     *
     * @param <C> the annotation type
     * @param type the annotation type; each element has a default
     * @param values names of elements, as in Java, and their values in turn
     * @return the configuration
     * @throws IllegalArgumentException if there is no such element, or one without default
     */
    public static <C extends Annotation> C of(Class<C> type, Object... values) {
        Map<String, Object> elements = new HashMap<>();
        for (Method element : type.getDeclaredMethods()) {
            if (element.getDefaultValue() == null) {
                throw new IllegalArgumentException(element + " has no default");
            }
            elements.put(element.getName(), element.getDefaultValue());
        }
        for (int i = 0; i < values.length; i += 2) {
            if (elements.replace((String) values[i], values[i + 1]) == null) {
                throw new IllegalArgumentException(type.getSimpleName() + " has no element " + values[i]);
            }
        }
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (proxy, method, arguments) -> elements.get(method.getName())));
    }
}
