// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Map;

/** JDK values as JSON on one line. JSON has no infinity and no NaN: they become null. */
final class Json {
    private Json() {}

    static String line(Map<String, ?> values) {
        return element(values).toString();
    }

    private static JsonElement element(Object value) {
        return switch (value) {
            case null -> JsonNull.INSTANCE;
            case Double d when !Double.isFinite(d) -> JsonNull.INSTANCE;
            case Float f when !Float.isFinite(f) -> JsonNull.INSTANCE;
            case Number n -> new JsonPrimitive(n);
            case Boolean b -> new JsonPrimitive(b);
            case Map<?, ?> map -> {
                JsonObject object = new JsonObject();
                map.forEach((k, v) -> object.add(String.valueOf(k), element(v)));
                yield object;
            }
            case Iterable<?> list -> {
                JsonArray array = new JsonArray();
                list.forEach(v -> array.add(element(v)));
                yield array;
            }
            default -> new JsonPrimitive(value.toString());
        };
    }
}
