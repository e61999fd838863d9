// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogRecord.Value;

/**
 * What the next record depends on, and the records of the newest iteration that had one, as a hook's state.
 *
 * @param sent how many values of each metric the writers were given
 * @param images that wait for the next record
 * @param histograms that wait for the next record
 * @param newest the records of one iteration, oldest first
 */
record SavedRecords(Map<String, Long> sent, Map<String, byte[]> images, Map<String, float[]> histograms,
        List<LogRecord> newest) {

    /** {@return the state} */
    Map<String, Object> save() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("sent", sent);
        state.put("images", images);
        state.put("histograms", histograms);
        state.put("newest", newest.stream().map(SavedRecords::save).toList());
        return state;
    }

    private static Map<String, Object> save(LogRecord entry) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("kind", entry.kind().name());
        map.put("mode", entry.mode().name());
        map.put("place", List.of((long) entry.epoch(), (long) entry.epochs(), entry.iteration(), entry.iterations(),
                (long) entry.innerIteration(), (long) entry.innerIterations()));
        map.put("seconds", List.of(entry.elapsedSeconds(), entry.secondsLeft()));
        map.put("split", entry.split().orElse(""));
        Map<String, Object> scalars = new LinkedHashMap<>();
        entry.scalars().forEach((name, v) ->
                scalars.put(name, List.of(v.latest(), v.smoothed(), v.windowMean(), v.globalMean())));
        map.put("scalars", scalars);
        map.put("images", entry.images());
        map.put("histograms", entry.histograms());
        return map;
    }

    /**
     * Reads what {@link #save} gave.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static SavedRecords read(Map<String, Object> state) {
        try {
            List<LogRecord> newest = new ArrayList<>();
            for (Object o : (List<?>) state.get("newest")) {
                newest.add(entry((Map<?, ?>) o));
            }
            return new SavedRecords(typed(state.get("sent"), Long.class), typed(state.get("images"), byte[].class),
                    typed(state.get("histograms"), float[].class), newest);
        } catch (ClassCastException | NullPointerException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the state of the records cannot be read, it has " + state.keySet(), e);
        }
    }

    private static LogRecord entry(Map<?, ?> map) {
        List<?> place = (List<?>) map.get("place");
        List<?> seconds = (List<?>) map.get("seconds");
        String split = (String) map.get("split");
        Map<String, Value> scalars = new LinkedHashMap<>();
        typed(map.get("scalars"), List.class).forEach((name, v) -> scalars.put(name,
                new Value((Double) v.get(0), (Double) v.get(1), (Double) v.get(2), (Double) v.get(3), true)));
        return new LogRecord(Kind.valueOf((String) map.get("kind")), Progress.Mode.valueOf((String) map.get("mode")),
                number(place, 0), number(place, 1), (Long) place.get(2), (Long) place.get(3), number(place, 4),
                number(place, 5), (Double) seconds.get(0), (Double) seconds.get(1),
                split.isEmpty() ? Optional.empty() : Optional.of(split), scalars,
                typed(map.get("images"), byte[].class), typed(map.get("histograms"), float[].class));
    }

    private static int number(List<?> list, int index) {
        return Math.toIntExact((Long) list.get(index));
    }

    private static <T> Map<String, T> typed(Object map, Class<T> type) {
        Map<String, T> typed = new LinkedHashMap<>();
        ((Map<?, ?>) map).forEach((name, value) -> typed.put((String) name, type.cast(value)));
        return typed;
    }
}
