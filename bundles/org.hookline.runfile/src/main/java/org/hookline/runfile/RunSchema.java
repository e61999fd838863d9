// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.options.Option;
import org.hookline.runfile.internal.Broken;
import org.hookline.runfile.internal.Json;
import org.hookline.runfile.internal.YamlReader;

/**
 * The JSON schema (draft 2020-12) of run files. It serves editors: a file that others build on may leave out what
 * {@code hookline check} insists on. For any thread.
 */
public final class RunSchema {
    private static final String RESOURCE = "/schema/run.schema.json";

    private RunSchema() {}

    /** {@return the schema as it is shipped: any type, any option} */
    public static String shipped() {
        try (InputStream in = RunSchema.class.getResourceAsStream(RESOURCE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Extends the schema with what is installed: types, options, parameters, ranges and descriptions.
     *
     * @param installed what run files can name
     * @return the schema
     */
    public static String of(Installed installed) {
        Map<String, Object> schema = shippedAsMap();
        Map<String, Object> properties = map(schema, "properties");
        describe(properties, "model", installed.models(), Map.of());
        describe(properties, "data", installed.datasets(), dataOptions(installed, map(properties, "data")));
        describe(properties, "loss", installed.losses(), Map.of());
        if (!installed.optimizers().isEmpty()) {
            describe(properties, "optimizer", installed.optimizers(), Map.of());
        }
        Map<String, Object> metric = part(installed.metrics(), Map.of());
        map(properties, "metrics").put("anyOf",
                List.of(metric, object("type", "array", "items", metric), object("type", "null")));
        Map<String, Object> hooks = map(properties, "hooks");
        Map<String, Object> known = new LinkedHashMap<>();
        for (String name : Installed.DEFAULT_HOOKS) {
            installed.hook(name).ifPresent(h -> known.put(name, listed(h)));
        }
        installed.hooks().stream().filter(HookType::writer).forEach(h -> known.putIfAbsent(h.type(), listed(h)));
        hooks.put("properties", known);
        hooks.put("additionalProperties", false);
        map(schema, "$defs").put("customHook", custom(installed));
        return Json.write(schema);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> shippedAsMap() {
        try {
            return (Map<String, Object>) YamlReader.text(shipped(), "run.schema.json").plain();
        } catch (Broken e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Map<String, Object> in, String key) {
        return (Map<String, Object>) in.get(key);
    }

    private static Map<String, Object> object(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** The shipped schema knows more of the trainer's own options than an {@link Option} tells. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> dataOptions(Installed installed, Map<String, Object> data) {
        Map<String, Object> known = map((Map<String, Object>) ((List<?>) data.get("anyOf")).get(1), "properties");
        Map<String, Object> options = new LinkedHashMap<>();
        installed.data().forEach(o -> options.put(o.name(), known.getOrDefault(o.name(), option(o))));
        return options;
    }

    private static void describe(Map<String, Object> properties, String key, Map<String, List<Option>> types,
            Map<String, Object> common) {
        Map<String, Object> part = object("description", map(properties, key).get("description"));
        part.putAll(part(types, common));
        properties.put(key, part);
    }

    /** The short form, or the long one with the options of its type; a file that others build on may name no type. */
    private static Map<String, Object> part(Map<String, List<Option>> types, Map<String, Object> common) {
        List<String> names = List.copyOf(types.keySet());
        List<Object> each = new ArrayList<>();
        types.forEach((type, options) -> {
            Map<String, Object> properties = object("type", object("const", type));
            properties.putAll(common);
            options.forEach(o -> properties.put(o.name(), option(o)));
            each.add(object("if", object("properties", object("type", object("const", type)), "required",
                    List.of("type")), "then", object("properties", properties, "additionalProperties", false)));
        });
        Map<String, Object> longForm = object("type", "object", "properties", object("type", object("enum", names)));
        if (!each.isEmpty()) {
            longForm.put("allOf", each);
        }
        return object("anyOf", List.of(object("enum", names), longForm));
    }

    private static Map<String, Object> option(Option option) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("description", option.description());
        if (option.defaultValue() != null) {
            one.put("default", plain(option.defaultValue()));
        }
        if (!option.choices().isEmpty()) {
            one.put("enum", option.choices());
            return one;
        }
        switch (option.type()) {
            case TEXT, PATH -> one.put("type", List.of("string", "number", "boolean", "null"));
            case INTEGER -> one.put("type", List.of("integer", "null"));
            case NUMBER -> one.put("type", List.of("number", "null"));
            case BOOLEAN -> one.put("type", List.of("boolean", "null"));
            case INTEGERS -> list(one, object("type", "integer"));
            case NUMBERS -> list(one, object("type", "number"));
            case TEXTS -> list(one, object("type", List.of("string", "number", "boolean")));
        }
        return one;
    }

    private static void list(Map<String, Object> into, Map<String, Object> item) {
        into.put("anyOf", List.of(item, object("type", "array", "items", item), object("type", "null")));
    }

    private static Object plain(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case Number n -> n;
            case List<?> l -> l.stream().map(RunSchema::plain).toList();
            case int[] a -> java.util.Arrays.stream(a).boxed().toList();
            case double[] a -> java.util.Arrays.stream(a).boxed().toList();
            default -> value.toString();
        };
    }

    private static Map<String, Object> listed(HookType type) {
        return object("description", type.description(), "anyOf",
                List.of(object("type", List.of("boolean", "null")), settings(type, object())));
    }

    private static Map<String, Object> custom(Installed installed) {
        List<String> names = installed.hookTypes();
        List<Object> each = new ArrayList<>();
        for (HookType type : installed.hooks()) {
            Map<String, Object> then = settings(type, object("type", object("const", type.type())));
            if (!type.description().isBlank()) {
                then.put("description", type.description());
            }
            each.add(object("if", object("properties", object("type", object("const", type.type())), "required",
                    List.of("type")), "then", then));
        }
        Map<String, Object> longForm = object("type", "object", "required", List.of("type"), "properties",
                object("type", object("enum", names)));
        if (!each.isEmpty()) {
            longForm.put("allOf", each);
        }
        return object("anyOf", List.of(object("enum", names), longForm));
    }

    private static Map<String, Object> settings(HookType type, Map<String, Object> properties) {
        type.parameters().ifPresent(ps -> ps.forEach(p -> nest(properties, p.path(), parameter(p))));
        properties.put("name", object("$ref", "#/$defs/name"));
        if (!type.writer()) {
            properties.put("level", object("$ref", "#/$defs/level"));
            properties.put("on_error", object("$ref", "#/$defs/onError"));
            properties.put("before", object("$ref", "#/$defs/hookNames"));
            properties.put("after", object("$ref", "#/$defs/hookNames"));
        }
        Map<String, Object> settings = object("type", "object", "properties", properties);
        if (type.parameters().isPresent()) {
            settings.put("additionalProperties", false);
        }
        return settings;
    }

    private static void nest(Map<String, Object> properties, List<String> path, Map<String, Object> value) {
        if (path.size() == 1) {
            properties.put(path.getFirst(), value);
            return;
        }
        properties.computeIfAbsent(path.getFirst(), k -> object("type", List.of("object", "null"), "properties",
                object(), "additionalProperties", false));
        Map<String, Object> below = map(properties, path.getFirst());
        if (below.get("properties") != null) {
            nest(map(below, "properties"), path.subList(1, path.size()), value);
        }
    }

    private static Map<String, Object> parameter(Parameter parameter) {
        Map<String, Object> one = new LinkedHashMap<>();
        switch (parameter.type()) {
            case TEXT -> one.put("type", List.of("string", "number", "boolean", "null"));
            case INTEGER -> one.put("type", List.of("integer", "null"));
            case NUMBER -> one.put("type", List.of("number", "null"));
            case BOOLEAN -> one.put("type", List.of("boolean", "null"));
        }
        parameter.min().ifPresent(m -> one.put("minimum", m));
        parameter.max().ifPresent(m -> one.put("maximum", m));
        if (!parameter.options().isEmpty()) {
            one.put("enum", parameter.options());
        }
        Map<String, Object> described = object("description", parameter.description());
        if (parameter.list()) {
            described.put("anyOf", List.of(one, object("type", "array", "items", one)));
        } else {
            described.putAll(one);
            parameter.defaults().filter(d -> !d.isEmpty()).flatMap(d -> parameter.parse(d.getFirst()))
                    .ifPresent(d -> described.put("default", d));
        }
        return described;
    }
}
