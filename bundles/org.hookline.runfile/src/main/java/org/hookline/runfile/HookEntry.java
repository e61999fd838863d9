// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.lang.reflect.Array;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.HookProperties;

/**
 * A hook or writer of a run file.
 *
 * @param type the name of the component
 * @param pid the configuration PID of the component
 * @param name unique in the run
 * @param writer whether it is a writer
 * @param level as given: an Integer or a name; empty where the component's own level holds
 * @param onError {@code abort}, {@code quarantine} or {@code retry N}, where given
 * @param before names of hooks before which it runs
 * @param after names of hooks after which it runs
 * @param parameters component properties as given: text, whole numbers, numbers, booleans and lists of them
 * @param isDefault whether it is one of the default hooks
 * @param index its position among the entries, from 0
 * @param where {@code file:line}; for a default hook that the file does not name, the file
 */
public record HookEntry(
        String type, String pid, String name, boolean writer, Optional<Object> level, Optional<String> onError,
        List<String> before, List<String> after, Map<String, Object> parameters, boolean isDefault, int index,
        String where) {

    /** Copies the lists and the map. */
    public HookEntry {
        before = List.copyOf(before);
        after = List.copyOf(after);
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /**
     * Gives the component's configuration for a run.
     *
     * @param runId the run
     * @return properties for the Configuration Admin service; lists as arrays
     */
    public Map<String, Object> properties(String runId) {
        Map<String, Object> properties = new LinkedHashMap<>();
        parameters.forEach((key, value) -> properties.put(key, value instanceof List<?> l ? array(l) : value));
        level.ifPresent(l -> properties.put(HookProperties.LEVEL, l));
        onError.ifPresent(e -> properties.put(HookProperties.ON_ERROR, e));
        if (!before.isEmpty()) {
            properties.put(HookProperties.BEFORE, before.toArray(String[]::new));
        }
        if (!after.isEmpty()) {
            properties.put(HookProperties.AFTER, after.toArray(String[]::new));
        }
        properties.put(HookProperties.NAME, name);
        properties.put(HookProperties.RUN_ID, runId);
        properties.put(HookProperties.DEFAULT, isDefault);
        properties.put(HookProperties.INDEX, index);
        return properties;
    }

    private static Object array(List<?> values) {
        Class<?> type = values.isEmpty() ? String.class : values.getFirst().getClass();
        if (!values.stream().allMatch(type::isInstance)) {
            return values.stream().map(String::valueOf).toArray(String[]::new);
        }
        Object array = Array.newInstance(type, values.size());
        for (int i = 0; i < values.size(); i++) {
            Array.set(array, i, values.get(i));
        }
        return array;
    }
}
