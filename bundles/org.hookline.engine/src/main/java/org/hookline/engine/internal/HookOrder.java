// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The order of hooks: level, default hooks before custom ones, position in the run file, registration. Inside a level,
 * {@code before} and {@code after} are constraints on that order; those on a cycle are dropped and reported.
 */
public final class HookOrder {
    static final Comparator<HookSource> BASE = Comparator.comparingInt(HookSource::level)
            .thenComparing(s -> !s.isDefault())
            .thenComparingInt(HookSource::index)
            .thenComparingLong(HookSource::serviceId);

    /**
     * A sorted set of hooks.
     *
     * @param sources in order
     * @param names unique names, in the same order
     * @param problems what was dropped, in words
     */
    public record Sorted(List<HookSource> sources, List<String> names, List<String> problems) {}

    private HookOrder() {}

    /**
     * Sorts hooks and gives them unique names.
     *
     * @param given the hooks, in any order
     * @param fixed names that hooks have already, by service id
     * @return the hooks in order
     */
    public static Sorted sort(List<HookSource> given, Map<Long, String> fixed) {
        List<HookSource> base = new ArrayList<>(given);
        base.sort(BASE);
        Map<HookSource, String> names = names(base, fixed);
        List<String> problems = new ArrayList<>();
        List<HookSource> sorted = new ArrayList<>();
        int from = 0;
        while (from < base.size()) {
            int to = from;
            while (to < base.size() && base.get(to).level() == base.get(from).level()) {
                to++;
            }
            sorted.addAll(constrain(base.subList(from, to), names, base, problems));
            from = to;
        }
        return new Sorted(List.copyOf(sorted), sorted.stream().map(names::get).toList(), List.copyOf(problems));
    }

    /** The user's names and first comers keep the plain name; a second hook of a name gets {@code name#2}. */
    private static Map<HookSource, String> names(List<HookSource> base, Map<Long, String> fixed) {
        // By registration, so that a hook's name does not change when one with a smaller level joins.
        List<HookSource> byAge = new ArrayList<>(base);
        byAge.sort(Comparator.comparingLong(HookSource::serviceId));
        Set<String> taken = new LinkedHashSet<>(fixed.values());
        Map<HookSource, String> names = new HashMap<>();
        for (HookSource source : byAge) {
            if (fixed.containsKey(source.serviceId())) {
                names.put(source, fixed.get(source.serviceId()));
                continue;
            }
            String name = source.wantedName();
            for (int n = 2; !taken.add(name); n++) {
                name = source.wantedName() + "#" + n;
            }
            names.put(source, name);
        }
        return names;
    }

    private static List<HookSource> constrain(
            List<HookSource> level, Map<HookSource, String> names, List<HookSource> all, List<String> problems) {
        Map<String, HookSource> byName = new LinkedHashMap<>();
        level.forEach(s -> byName.put(names.get(s), s));
        // successor -> those that must come before it
        Map<HookSource, Set<HookSource>> predecessors = new HashMap<>();
        for (HookSource source : level) {
            for (String other : source.after()) {
                edge(byName, names, all, problems, source, other, true, predecessors);
            }
            for (String other : source.before()) {
                edge(byName, names, all, problems, source, other, false, predecessors);
            }
        }
        if (predecessors.isEmpty()) {
            return level;
        }
        List<HookSource> left = new ArrayList<>(level);
        List<HookSource> sorted = new ArrayList<>();
        while (!left.isEmpty()) {
            HookSource next = null;
            for (HookSource candidate : left) {
                if (predecessors.getOrDefault(candidate, Set.of()).stream().noneMatch(left::contains)) {
                    next = candidate;
                    break;
                }
            }
            if (next == null) {
                // Everything left is on a cycle or behind one: the hooks on it lose their constraints.
                List<HookSource> cycle = cycle(left, predecessors);
                problems.add("hooks " + String.join(" -> ", cycle.stream().map(names::get).toList()) + " -> "
                        + names.get(cycle.getFirst()) + ": before/after form a cycle; those constraints are dropped");
                for (HookSource s : cycle) {
                    Set<HookSource> p = predecessors.get(s);
                    p.removeAll(cycle);
                }
                continue;
            }
            left.remove(next);
            sorted.add(next);
        }
        return sorted;
    }

    private static void edge(
            Map<String, HookSource> byName, Map<HookSource, String> names, List<HookSource> all, List<String> problems,
            HookSource source, String other, boolean after, Map<HookSource, Set<HookSource>> predecessors) {
        HookSource target = byName.get(other);
        if (target == null) {
            // A hook that is not there is no mistake: it may come later. One of another level may contradict.
            for (HookSource s : all) {
                boolean contradicts = after ? s.level() > source.level() : s.level() < source.level();
                if (names.get(s).equals(other) && contradicts) {
                    problems.add("hook " + names.get(source) + ": " + (after ? "after " : "before ") + other
                            + " contradicts the levels " + source.level() + " and " + s.level() + "; it is dropped");
                }
            }
            return;
        }
        if (target.equals(source)) {
            problems.add("hook " + names.get(source) + ": cannot be before or after itself; it is dropped");
        } else if (after) {
            predecessors.computeIfAbsent(source, k -> new LinkedHashSet<>()).add(target);
        } else {
            predecessors.computeIfAbsent(target, k -> new LinkedHashSet<>()).add(source);
        }
    }

    private static List<HookSource> cycle(List<HookSource> left, Map<HookSource, Set<HookSource>> predecessors) {
        List<HookSource> path = new ArrayList<>();
        HookSource at = left.getFirst();
        while (!path.contains(at)) {
            path.add(at);
            at = predecessors.get(at).stream().filter(left::contains).findFirst().orElseThrow();
        }
        return path.subList(path.indexOf(at), path.size()).reversed();
    }
}
