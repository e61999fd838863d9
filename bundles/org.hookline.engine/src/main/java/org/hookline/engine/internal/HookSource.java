// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.HookLevel;
import org.hookline.api.HookProperties;

/**
 * A hook service at one moment: everything that its properties say, read once. Immutable.
 *
 * @param serviceId unique in the process
 * @param hook the hook
 * @param type the component's name, or the class's simple name
 * @param name the name the user gave, or empty text
 * @param identity what stays the same when the hook is replaced: bundle, type and name or configuration
 * @param level lower runs first
 * @param kind {@code training} or {@code observer}
 * @param policy what happens when it throws
 * @param before names of hooks before which it is to run
 * @param after names of hooks after which it is to run
 * @param runId the run it belongs to, or empty text for every run
 * @param isDefault one of the default hooks
 * @param index position in the run file
 * @param bundle the symbolic name of its bundle, or empty text
 * @param bundleId the bundle's number, or -1
 * @param version the bundle's version, or empty text
 * @param problems what could not be read, in words
 */
public record HookSource(
        long serviceId, Hook hook, String type, String name, String identity, int level, String kind,
        FailurePolicy policy, List<String> before, List<String> after, String runId, boolean isDefault, int index,
        String bundle, long bundleId, String version, List<String> problems) {

    /** The OSGi bundle of a hook. */
    public record Origin(String bundle, long bundleId, String version) {
        /** For hooks that are given by constructor, without OSGi. */
        public static final Origin NONE = new Origin("", -1, "");
    }

    /**
     * Reads the properties of a hook service.
     *
     * @param serviceId unique in the process
     * @param hook the hook
     * @param properties the service's properties
     * @param origin its bundle
     * @return the source; what could not be read is in its problems and has its default
     */
    public static HookSource of(long serviceId, Hook hook, Map<String, ?> properties, Origin origin) {
        List<String> problems = new ArrayList<>();
        String type = text(properties.get("component.name"), hook.getClass().getName().replaceFirst("^.*\\.", ""));
        String name = text(properties.get(HookProperties.NAME), "");
        String shown = name.isEmpty() ? type : name;

        int level = HookLevel.NORMAL.value();
        Object given = properties.get(HookProperties.LEVEL);
        if (given != null) {
            OptionalInt parsed = HookLevel.parse(given);
            if (parsed.isPresent()) {
                level = parsed.getAsInt();
            } else {
                problems.add("hook " + shown + ": level '" + given + "' cannot be read, expected an integer or one of "
                        + List.of(HookLevel.values()) + "; it runs at NORMAL");
            }
        }

        String kind = text(properties.get(HookProperties.KIND), HookKind.OBSERVER);
        if (!kind.equals(HookKind.TRAINING) && !kind.equals(HookKind.OBSERVER)) {
            problems.add("hook " + shown + ": kind '" + kind + "' is neither training nor observer; taken as training");
            kind = HookKind.TRAINING;
        }
        FailurePolicy policy = FailurePolicy.defaultFor(kind);
        Object onError = properties.get(HookProperties.ON_ERROR);
        if (onError != null && !onError.toString().isBlank()) {
            var parsed = FailurePolicy.parse(onError.toString());
            if (parsed.isEmpty()) {
                problems.add("hook " + shown + ": failure policy '" + onError
                        + "' cannot be read, expected abort, quarantine or retry N; it has " + policy);
            }
            policy = parsed.orElse(policy);
        }
        String pid = text(properties.get("service.pid"), "");
        String identity = origin.bundle() + "/" + type + "/" + (name.isEmpty() ? pid : name);
        return new HookSource(serviceId, hook, type, name, identity, level, kind, policy,
                texts(properties.get(HookProperties.BEFORE)), texts(properties.get(HookProperties.AFTER)),
                text(properties.get(HookProperties.RUN_ID), ""),
                Boolean.parseBoolean(text(properties.get(HookProperties.DEFAULT), "false")),
                properties.get(HookProperties.INDEX) instanceof Number n ? n.intValue() : Integer.MAX_VALUE,
                origin.bundle(), origin.bundleId(), origin.version(), List.copyOf(problems));
    }

    private static String text(Object value, String otherwise) {
        return value == null || value.toString().isBlank() ? otherwise : value.toString().strip();
    }

    private static List<String> texts(Object value) {
        return switch (value) {
            case null -> List.of();
            case String[] array -> List.of(array);
            case List<?> list -> list.stream().filter(Objects::nonNull).map(Object::toString).toList();
            default -> value.toString().isBlank() ? List.of() : List.of(value.toString().strip().split("\\s*,\\s*"));
        };
    }

    /**
     * Gives the same hook at another level.
     *
     * @param other the level
     * @return the source
     */
    public HookSource withLevel(int other) {
        return other == level ? this : new HookSource(serviceId, hook, type, name, identity, other, kind, policy,
                before, after, runId, isDefault, index, bundle, bundleId, version, problems);
    }

    /** {@return the same without the hook: what may be kept when its bundle has gone} */
    HookSource withoutHook() {
        return new HookSource(serviceId, null, type, name, identity, level, kind, policy, before, after, runId,
                isDefault, index, bundle, bundleId, version, problems);
    }

    /** {@return the name the user gave, or the type} */
    public String wantedName() {
        return name.isEmpty() ? type : name;
    }
}
