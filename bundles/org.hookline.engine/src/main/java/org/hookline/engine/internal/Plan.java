// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What a set of hooks is to be, worked out from what it is and from the services that are wanted.
 *
 * @param staying hooks that are there and stay, with what their services say now
 * @param leaving hooks that go
 * @param replaced by the hook that takes over, the one whose place it takes
 * @param coming hooks that come
 * @param order all that will be there, in the order of calls
 * @param problems of the order, in words
 */
record Plan(Map<Slot, HookSource> staying, List<Slot> leaving, Map<Slot, Slot> replaced, List<Slot> coming,
        List<Slot> order, List<String> problems) {

    /**
     * Works it out; does nothing yet.
     *
     * @param slots the hooks that are there
     * @param wanted the services to be used
     * @param ready hooks that come and have been started already, by service
     * @param levels levels that a person gave, by name
     * @param gone the name of a hook that has just gone and waits for its successor, by identity
     * @param maker makes the slot of a hook that comes, from its name and its service
     * @return the plan
     */
    static Plan of(List<Slot> slots, List<HookSource> wanted, Map<Long, Slot> ready, Map<String, Integer> levels,
            Function<String, Optional<String>> gone, BiFunction<String, HookSource, Slot> maker) {
        Map<Long, Slot> there = new LinkedHashMap<>();
        slots.forEach(s -> there.put(s.source.serviceId(), s));
        Map<Long, Slot> byId = new HashMap<>(ready);
        Map<Long, String> names = new HashMap<>();
        List<HookSource> arriving = new ArrayList<>();
        for (HookSource source : wanted) {
            Slot slot = there.remove(source.serviceId());
            if (slot == null) {
                arriving.add(source);
            } else {
                byId.put(source.serviceId(), slot);
                names.put(source.serviceId(), slot.name);
            }
        }
        // A hook that leaves while another of its identity comes is replaced: one change.
        Map<Long, Slot> predecessors = new HashMap<>();
        for (HookSource source : arriving) {
            Optional<Slot> old = there.values().stream().filter(s -> s.source.identity().equals(source.identity()))
                    .findFirst();
            if (old.isPresent()) {
                there.remove(old.get().source.serviceId());
                predecessors.put(source.serviceId(), old.get());
                names.put(source.serviceId(), old.get().name);
            } else {
                gone.apply(source.identity()).filter(n -> !names.containsValue(n))
                        .ifPresent(n -> names.put(source.serviceId(), n));
            }
        }

        List<HookSource> all = new ArrayList<>(wanted);
        all.replaceAll(s -> {
            String name = names.get(s.serviceId());
            if (name == null && !names.containsValue(s.wantedName())) {
                name = s.wantedName();
            }
            return s.withLevel(levels.getOrDefault(name, s.level()));
        });
        HookOrder.Sorted sorted = HookOrder.sort(all, names);
        Map<Slot, HookSource> staying = new LinkedHashMap<>();
        Map<Slot, Slot> replaced = new LinkedHashMap<>();
        List<Slot> coming = new ArrayList<>();
        List<Slot> order = new ArrayList<>();
        for (int i = 0; i < sorted.sources().size(); i++) {
            HookSource source = sorted.sources().get(i);
            String name = sorted.names().get(i);
            Slot slot = byId.computeIfAbsent(source.serviceId(), id -> maker.apply(name, source));
            order.add(slot);
            Slot old = predecessors.get(source.serviceId());
            if (old != null) {
                replaced.put(slot, old);
            } else if (arriving.stream().anyMatch(s -> s.serviceId() == source.serviceId())) {
                coming.add(slot);
            } else {
                staying.put(slot, source);
            }
        }
        return new Plan(staying, List.copyOf(there.values()), replaced, coming, List.copyOf(order), sorted.problems());
    }
}
