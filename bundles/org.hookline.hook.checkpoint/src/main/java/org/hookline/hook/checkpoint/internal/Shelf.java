// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The checkpoints of a run: which of them are the best, and which can go. For any thread. */
final class Shelf {
    /**
     * A checkpoint.
     *
     * @param name of its folder
     * @param iteration the number of iterations completed
     * @param score the value of the metric at that moment, or NaN
     * @param stays whether it is kept whatever comes after it
     */
    record Entry(String name, long iteration, double score, boolean stays) {}

    private int keep;
    private int topK;
    private final boolean higherIsBetter;
    private final List<Entry> entries = new ArrayList<>();

    Shelf(int keep, int topK, boolean higherIsBetter) {
        this.keep = keep;
        this.topK = topK;
        this.higherIsBetter = higherIsBetter;
    }

    /**
     * Keeps another number from the next checkpoint on.
     *
     * @param newest how many of the newest; 0 for all
     * @param best how many of the best
     */
    synchronized void keep(int newest, int best) {
        keep = newest;
        topK = best;
    }

    /** {@return whether a checkpoint with this score would be among the best} */
    synchronized boolean wouldBeBest(double score) {
        if (Double.isNaN(score)) {
            return false;
        }
        List<Entry> best = best();
        return best.size() < topK || better(score, best.getLast().score());
    }

    private boolean better(double a, double b) {
        return higherIsBetter ? a > b : a < b;
    }

    /** The best first; of equal ones the older first. */
    private List<Entry> best() {
        Comparator<Entry> byScore = Comparator.comparingDouble(Entry::score);
        return entries.stream().filter(e -> !Double.isNaN(e.score()))
                .sorted((higherIsBetter ? byScore.reversed() : byScore).thenComparingLong(Entry::iteration))
                .limit(topK).toList();
    }

    /** Puts a checkpoint on the shelf, in place of one of the same name. */
    synchronized void add(Entry entry) {
        remove(entry.name());
        entries.add(entry);
        entries.sort(Comparator.comparingLong(Entry::iteration));
    }

    /** Takes a checkpoint off the shelf. {@return whether it was there} */
    synchronized boolean remove(String name) {
        return entries.removeIf(e -> e.name().equals(name));
    }

    /** {@return the newest} */
    synchronized Optional<Entry> newest() {
        return entries.isEmpty() ? Optional.empty() : Optional.of(entries.getLast());
    }

    /** {@return the best} */
    synchronized Optional<Entry> top() {
        return best().stream().findFirst();
    }

    /** Takes those off the shelf that need not be kept. {@return them} */
    synchronized List<Entry> surplus() {
        if (keep == 0) {
            return List.of();
        }
        List<Entry> best = best();
        List<Entry> candidates = entries.stream().filter(e -> !e.stays() && !best.contains(e)).toList();
        // The newest one is what a resume needs, whatever it was written for.
        List<Entry> newest = entries.subList(Math.max(0, entries.size() - keep), entries.size());
        List<Entry> gone = candidates.stream().filter(e -> !newest.contains(e)).toList();
        entries.removeAll(gone);
        return gone;
    }

    /** {@return the entries as a hook's state holds them} */
    synchronized List<Object> save() {
        List<Object> saved = new ArrayList<>();
        for (Entry e : entries) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", e.name());
            map.put("iteration", e.iteration());
            map.put("score", e.score());
            map.put("stays", e.stays());
            saved.add(map);
        }
        return saved;
    }

    /** {@return what {@link #save} gave} */
    static List<Entry> read(List<?> saved) {
        List<Entry> read = new ArrayList<>();
        for (Object o : saved) {
            if (!(o instanceof Map<?, ?> map && map.get("name") instanceof String name
                    && map.get("iteration") instanceof Number iteration && map.get("score") instanceof Number score
                    && map.get("stays") instanceof Boolean stays)) {
                throw new IllegalArgumentException("the list of checkpoints cannot be read");
            }
            read.add(new Entry(name, iteration.longValue(), score.doubleValue(), stays));
        }
        return read;
    }
}
