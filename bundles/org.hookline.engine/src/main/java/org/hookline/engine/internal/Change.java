// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.hookline.engine.HookChange;

/** The state of a change, shared with the hook sets that it concerns. Its lock is taken last, and briefly. */
final class Change implements HookChange {
    private enum Phase {
        OPEN,
        COMMITTED,
        OVER
    }

    private final RunRegistry registry;
    private final Set<Long> held = new HashSet<>();
    private final Set<Long> withdrawn = new HashSet<>();
    private final Map<Long, Long> replaced = new HashMap<>();
    private final Set<HookSet> waiting = new LinkedHashSet<>();
    private final Map<Long, String> refused = new LinkedHashMap<>();
    private Phase phase = Phase.OPEN;
    private boolean takenUp;

    Change(RunRegistry registry) {
        this.registry = registry;
    }

    @Override
    public synchronized void hold(long bundleId) {
        held.add(bundleId);
    }

    @Override
    public synchronized void withdraw(long bundleId) {
        withdrawn.add(bundleId);
    }

    @Override
    public synchronized void replace(long bundleId, long byBundleId) {
        replaced.put(bundleId, byBundleId);
    }

    synchronized boolean holds(long bundleId) {
        return phase != Phase.OVER && held.contains(bundleId);
    }

    /** {@return whether hooks of a bundle that come now are to wait; those that come after the commit are not} */
    synchronized boolean holdsBack(long bundleId) {
        return phase == Phase.OPEN && held.contains(bundleId);
    }

    synchronized boolean withdraws(long bundleId) {
        Long by = replaced.get(bundleId);
        return phase == Phase.COMMITTED
                && (withdrawn.contains(bundleId) || (by != null && !refused.containsKey(by)));
    }

    /** {@return whether its hooks may be called} */
    synchronized boolean committed() {
        return phase == Phase.COMMITTED;
    }

    @Override
    public void commit() {
        synchronized (this) {
            if (phase != Phase.OPEN) {
                throw new IllegalStateException("the change was committed or cancelled before");
            }
            phase = Phase.COMMITTED;
        }
        // Not before: a run that is prepared meanwhile is either among them or holds nothing back.
        List<HookSet> sets = registry.sets();
        synchronized (this) {
            waiting.addAll(sets);
        }
        sets.forEach(s -> s.committed(this));
    }

    /** A hook set has taken it up, or has ended. */
    synchronized void done(HookSet set, boolean applied) {
        if (waiting.remove(set)) {
            takenUp |= applied;
            notifyAll();
        }
    }

    synchronized void refuse(long bundleId, String reason) {
        refused.putIfAbsent(bundleId, reason);
    }

    @Override
    public synchronized boolean await(Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (phase == Phase.COMMITTED && !waiting.isEmpty()) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    @Override
    public boolean cancel() {
        List<HookSet> sets;
        boolean untouched;
        synchronized (this) {
            untouched = !takenUp;
            phase = Phase.OVER;
            sets = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        sets.forEach(s -> s.cancelled(this));
        registry.closed(this);
        return untouched;
    }

    @Override
    public synchronized Map<Long, String> refused() {
        return Map.copyOf(refused);
    }

    @Override
    public void close() {
        cancel();
    }
}
