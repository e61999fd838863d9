// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.hookline.api.HookInfo;
import org.hookline.api.Hooks;
import org.hookline.api.LiveHook;
import org.hookline.api.SharedData;
import org.hookline.api.Stage;
import org.hookline.api.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hooks of one run. Services come and go on any thread; what is called changes only when the training thread says
 * so, between iterations ({@link #boundary}). The set that is wanted is worked out from the services that are there, so
 * several changes, or the old and the new version of a hook side by side, become one change at one boundary.
 *
 * <p>{@link Plan} works out what a boundary is to change; {@link HookStates} passes on what hooks have kept,
 * {@link HookEvents} tells of it, and {@link HookCalls} calls the hooks meanwhile.
 */
public final class HookSet implements Hooks {
    private static final Logger LOG = LoggerFactory.getLogger(HookSet.class);

    private final RunState run;
    private final Duration patience;
    private final Collection<Change> changes;
    private final Runnable wake;
    private final HookCalls calls = new HookCalls(this::quarantine);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition applied = lock.newCondition();

    // Guarded by the lock.
    private final Map<Long, HookSource> sources = new HashMap<>();
    private final Set<Long> refused = new HashSet<>();
    private final Set<String> disabled = new HashSet<>();
    private final Set<String> revived = new HashSet<>();
    private final Map<String, Integer> levels = new HashMap<>();
    private final Map<Long, Change> heldBy = new HashMap<>();
    private final Set<Change> committed = new LinkedHashSet<>();
    private final Set<Long> entering = new HashSet<>();
    private boolean executing;

    /** Says that the wanted set may differ from the active one; the only thing an iteration looks at. */
    private volatile boolean dirty;

    // Written by the training thread (before the run: under the lock); read by any.
    private volatile List<Slot> slots = List.of();

    // Training thread only.
    private final HookEvents events;
    private final HookStates states;
    private final Set<String> reported = new HashSet<>();
    private boolean epochOpen;

    /**
     * Makes an empty set.
     *
     * @param run the run
     * @param patience how long {@link #remove} waits for the next boundary
     * @param changes those that are going on; live
     * @param wake is run when the training thread has something to do at a boundary, on any thread
     */
    HookSet(RunState run, Duration patience, Collection<Change> changes, Runnable wake) {
        this.run = run;
        this.patience = patience;
        this.changes = changes;
        this.wake = wake;
        this.events = new HookEvents(run);
        this.states = new HookStates(run);
    }

    /** {@return what calls the hooks of this set} */
    HookCalls calls() {
        return calls;
    }

    // ---- services, on any thread

    /**
     * A hook service came, or its properties changed.
     *
     * @param source what it says
     */
    void put(HookSource source) {
        putAll(List.of(source));
    }

    /**
     * Hook services came; the set is worked out once for all of them.
     *
     * @param all what they say
     */
    void putAll(Collection<HookSource> all) {
        lock.lock();
        try {
            for (HookSource source : all) {
                source.problems().forEach(LOG::warn);
                if (sources.put(source.serviceId(), source) == null) {
                    changes.stream().filter(c -> c.holdsBack(source.bundleId())).findFirst()
                            .ifPresent(c -> heldBy.put(source.serviceId(), c));
                }
            }
            changed();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A hook service goes. Returns when the hook will not be called again: at the next boundary, or after the set's
     * patience, when the hook is cut off at once and, if it is hanging inside a call, reported with its stack.
     *
     * @param serviceId the service
     */
    void remove(long serviceId) {
        lock.lock();
        try {
            if (sources.remove(serviceId) == null) {
                return;
            }
            refused.remove(serviceId);
            heldBy.remove(serviceId);
            changed();
            if (!executing || calls.onTrainingThread()) {
                return;
            }
            long left = patience.toNanos();
            while (executing && holds(serviceId)) {
                if (left <= 0) {
                    cutOff(serviceId);
                    return;
                }
                left = applied.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cutOff(serviceId);
        } finally {
            lock.unlock();
        }
    }

    private boolean holds(long serviceId) {
        return entering.contains(serviceId) || slots.stream().anyMatch(s -> s.source.serviceId() == serviceId);
    }

    private void cutOff(long serviceId) {
        for (Slot slot : slots) {
            if (slot.source.serviceId() == serviceId) {
                slot.detached = true;
                if (calls.current() == slot) {
                    LOG.error("hook {} did not return for {} s and its bundle goes away; it is inside:\n{}", slot.name,
                            patience.toSeconds(), calls.stack());
                } else {
                    LOG.warn("hook {} was taken out inside an iteration: the next boundary did not come for {} s",
                            slot.name, patience.toSeconds());
                }
            }
        }
    }

    /**
     * Switches a hook off or on, from the next boundary on. One that was quarantined is tried again.
     *
     * @param name the hook's name
     * @param enabled whether it is to be called
     * @return false where there is no such hook
     */
    boolean setEnabled(String name, boolean enabled) {
        lock.lock();
        try {
            if (slots.stream().noneMatch(s -> s.name.equals(name))) {
                return false;
            }
            if (enabled) {
                disabled.remove(name);
                revived.add(name);
            } else {
                disabled.add(name);
            }
            changed();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves a hook to another level, from the next boundary on. It keeps that level until its own properties give it
     * another one, also when a new version takes its place.
     *
     * @param name the hook's name
     * @param level the level
     * @return false where there is no such hook
     */
    boolean setLevel(String name, int level) {
        lock.lock();
        try {
            if (slots.stream().noneMatch(s -> s.name.equals(name))) {
                return false;
            }
            levels.put(name, level);
            changed();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A change is to be made at the next boundary. */
    void committed(Change change) {
        lock.lock();
        try {
            committed.add(change);
            changed();
            if (!executing) {
                settle(List.of(change), false);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A change was given up: the hooks that it held back stay out until their services go. */
    void cancelled(Change change) {
        lock.lock();
        try {
            committed.remove(change);
            changed();
        } finally {
            lock.unlock();
        }
    }

    /** With the lock: these changes have been made here. */
    private void settle(List<Change> made, boolean touched) {
        heldBy.values().removeAll(made);
        committed.removeAll(made);
        made.forEach(c -> c.done(this, touched));
    }

    private void changed() {
        if (executing) {
            dirty = true;
            wake.run();
        } else {
            arrange();
        }
    }

    /** Before the run: only the order is worked out. */
    private void arrange() {
        Plan plan = plan(Map.of());
        slots = plan.order();
        slots.forEach(s -> s.state = disabled.contains(s.name) ? HookInfo.State.DISABLED : HookInfo.State.ACTIVE);
        report(plan.problems());
    }

    /**
     * With the lock: the services that may be used at this boundary. What a change withdraws stays out until it is
     * closed: the services may still be there for a while. A change may be committed meanwhile: whether it is counts
     * once for all services, or else a part of them would be used without the others.
     */
    private List<HookSource> wanted() {
        Set<Change> made = changes.stream().filter(Change::committed).collect(Collectors.toSet());
        Set<Long> out = new HashSet<>(refused);
        sources.values().forEach(s -> {
            Change holder = heldBy.get(s.serviceId());
            if ((holder != null && !made.contains(holder)) || made.stream().anyMatch(c -> c.withdraws(s.bundleId()))) {
                out.add(s.serviceId());
            }
        });
        return wanted(sources.values(), out);
    }

    /**
     * Chooses among services: of a hook that several bundles offer, the newest version; a refused one not at all.
     *
     * @param all the services
     * @param refused ids of those that could not be used
     * @return the chosen ones
     */
    static List<HookSource> wanted(Collection<HookSource> all, Set<Long> refused) {
        Map<String, HookSource> best = new LinkedHashMap<>();
        for (HookSource s : all) {
            if (!refused.contains(s.serviceId())) {
                best.merge(s.identity(), s, HookSet::newer);
            }
        }
        return all.stream()
                .filter(s -> !refused.contains(s.serviceId()))
                .filter(s -> best.get(s.identity()).bundleId() == s.bundleId())
                .toList();
    }

    private static HookSource newer(HookSource a, HookSource b) {
        int byVersion = Versions.compare(a.version(), b.version());
        if (byVersion != 0) {
            return byVersion > 0 ? a : b;
        }
        // Of equal versions the one that was installed last: it is meant to replace the other.
        return a.bundleId() > b.bundleId() ? a : b;
    }

    // ---- the run's life, on the training thread

    /** The run starts: from now on the set changes at boundaries only. */
    void start() {
        lock.lock();
        try {
            calls.start();
            executing = true;
            arrange();
            slots.forEach(s -> {
                renew(s);
                s.started = true;
            });
            calls.use(slots);
        } finally {
            lock.unlock();
        }
    }

    /** The run ends: nothing is called any more, contexts are cut, waiting threads go on. */
    void end() {
        lock.lock();
        try {
            executing = false;
            calls.end();
            slots.forEach(s -> s.context.cut());
            settle(List.copyOf(committed), false);
            states.close();
            applied.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void epoch(boolean open) {
        epochOpen = open;
    }

    /** Between two iterations: services that came or went are taken up. Costs one volatile read where none did. */
    void boundary() {
        if (dirty) {
            apply();
        }
    }

    /** With the lock: works out what the set is to be. */
    private Plan plan(Map<Long, Slot> ready) {
        return Plan.of(executing ? slots : List.of(), wanted(), ready, levels, states::nameOfGone,
                (name, source) -> new Slot(name, source, run.progress().iteration(),
                        s -> new HookContext(run, s, executing)));
    }

    private Plan plan(Map<Long, Slot> ready, boolean enters) {
        lock.lock();
        try {
            sources.values().forEach(this::forgetLevel);
            Plan plan = plan(ready);
            entering.clear();
            if (enters) {
                plan.order().forEach(s -> entering.add(s.source.serviceId()));
            }
            return plan;
        } finally {
            lock.unlock();
        }
    }

    /** With the lock: a level that a person gave holds until the hook's own properties give it another one. */
    private void forgetLevel(HookSource source) {
        slots.stream().filter(s -> s.source.serviceId() == source.serviceId() && s.given.level() != source.level())
                .forEach(s -> levels.remove(s.name));
    }

    private void apply() {
        events.boundaryBegins();
        List<Change> made;
        Set<String> off;
        Set<String> again;
        lock.lock();
        try {
            dirty = false;
            made = List.copyOf(committed);
            off = Set.copyOf(disabled);
            again = Set.copyOf(revived);
            revived.clear();
        } finally {
            lock.unlock();
        }
        // First all that come are started; what fails there is left out, as if it had never come.
        Map<Long, Slot> ready = new HashMap<>();
        Set<Slot> carried = new HashSet<>();
        Plan plan = plan(ready, true);
        while (!started(plan, ready, carried)) {
            plan = plan(ready, true);
        }
        plan.leaving().forEach(this::leave);
        plan.staying().forEach(this::update);
        plan.replaced().forEach((slot, old) -> replace(old, slot, carried.contains(slot)));
        for (Slot slot : plan.coming()) {
            join(slot, plan.order(), carried.contains(slot));
        }
        plan.order().forEach(s -> enable(s, !off.contains(s.name), again.contains(s.name)));
        report(plan.problems());
        lock.lock();
        try {
            slots = plan.order();
            entering.clear();
            calls.use(slots);
            settle(made, true);
            applied.signalAll();
        } finally {
            lock.unlock();
        }
        states.withoutSuccessor(this::changing).forEach(gone -> events.removed(gone.name(), gone.source()));
        events.boundaryEnds();
    }

    /**
     * Starts those of a plan that come and were not started yet.
     *
     * @return false where one was refused: then another plan is needed, without it
     */
    private boolean started(Plan plan, Map<Long, Slot> ready, Set<Slot> carried) {
        Set<Long> seen = new HashSet<>();
        for (Slot slot : plan.order()) {
            boolean comes = plan.replaced().containsKey(slot) || plan.coming().contains(slot);
            if (!comes || ready.containsKey(slot.source.serviceId()) || !seen.add(slot.source.serviceId())) {
                continue;
            }
            Change change = holder(slot);
            List<Slot> together = change == null ? List.of(slot) : plan.order().stream()
                    .filter(s -> s.source.bundleId() == slot.source.bundleId() && holder(s) == change).toList();
            Map<SharedData.Key<?>, Object> before = shared().snapshot();
            Slot failing = slot;
            try {
                for (Slot s : together) {
                    failing = s;
                    seen.add(s.source.serviceId());
                    if (begin(s, plan.replaced().get(s), change != null)) {
                        carried.add(s);
                    }
                }
            } catch (Throwable t) {
                Slot old = plan.replaced().get(failing);
                if (change == null && (old == null || !registered(old))) {
                    // Nobody could go on in its stead.
                    ready.put(slot.source.serviceId(), slot);
                    quarantine(slot, Stage.BEFORE_TRAIN, t);
                    continue;
                }
                shared().restore(before);
                refuse(together, failing, plan.replaced(), change, t);
                return false;
            }
            together.forEach(s -> ready.put(s.source.serviceId(), s));
        }
        return true;
    }

    private Change holder(Slot slot) {
        lock.lock();
        try {
            return heldBy.get(slot.source.serviceId());
        } finally {
            lock.unlock();
        }
    }

    private boolean registered(Slot slot) {
        lock.lock();
        try {
            return sources.containsKey(slot.source.serviceId());
        } finally {
            lock.unlock();
        }
    }

    private SharedMap shared() {
        return (SharedMap) run.shared();
    }

    /** Gives a hook the state of the one before it and calls what it has missed. */
    private boolean begin(Slot slot, Slot old, boolean mayRefuse) throws Exception {
        boolean carried = states.carry(slot, old, mayRefuse);
        warmUp(slot);
        slot.started = true;
        return carried;
    }

    private void refuse(List<Slot> together, Slot failing, Map<Slot, Slot> replaced, Change change, Throwable t) {
        String reason = "its hook " + failing.name + " cannot take part in the run: " + HookFailure.describe(t);
        lock.lock();
        try {
            together.forEach(s -> refused.add(s.source.serviceId()));
        } finally {
            lock.unlock();
        }
        if (change != null) {
            change.refuse(failing.source.bundleId(), reason);
        }
        together.forEach(s -> s.context.cut());
        Slot old = replaced.get(failing);
        String text = events.rejected(failing, old, t);
        LOG.warn("{}", text, t);
    }

    @SuppressWarnings("ReferenceEquality") // whether it was given anew, also with the same values
    private void update(Slot slot, HookSource source) {
        HookSource before = slot.source;
        HookSource given = slot.given;
        lock.lock();
        try {
            slot.given = sources.getOrDefault(source.serviceId(), source);
        } finally {
            lock.unlock();
        }
        if (given != slot.given || before.level() != source.level()) {
            slot.source = source;
            if (given != slot.given && !renew(slot) && before.level() == source.level()) {
                return;
            }
            events.reconfigured(slot, before.level());
        }
    }

    /**
     * Has a hook take up the settings that it was offered. What is wrong with them is told in one line, to the change
     * that they are part of too, and those before stay.
     *
     * @return whether it has none that are wrong
     */
    private boolean renew(Slot slot) {
        if (!(slot.hook() instanceof LiveHook<?> live)) {
            return true;
        }
        Slot outer = calls.enter(slot);
        try {
            renew(live, slot);
            return true;
        } catch (RuntimeException e) {
            String reason = e instanceof UserError ? e.getMessage() : HookFailure.describe(e);
            LOG.warn("hook {} keeps its settings: {}", slot.name, reason);
            LOG.debug("hook {} keeps its settings", slot.name, e);
            changes.stream().filter(c -> c.holds(slot.source.bundleId()))
                    .forEach(c -> c.refuse(slot.source.bundleId(), reason));
            if (slot.started) {
                events.settingsRefused(slot, reason);
            }
            return false;
        } finally {
            calls.leave(slot, outer);
        }
    }

    private static <S> void renew(LiveHook<S> live, Slot slot) {
        live.liveSettings().takeUp(before -> {
            if (slot.started) {
                live.settingsChanged(slot.context, before);
            }
        });
    }

    private void enable(Slot slot, boolean enabled, boolean again) {
        if (slot.state != HookInfo.State.DISABLED && !enabled) {
            slot.state = HookInfo.State.DISABLED;
            events.enabled(slot, false);
        } else if (enabled && (slot.state == HookInfo.State.DISABLED
                || (again && slot.state == HookInfo.State.QUARANTINED))) {
            slot.state = HookInfo.State.ACTIVE;
            try {
                if (!slot.started) {
                    warmUp(slot);
                    slot.started = true;
                }
            } catch (Throwable t) {
                quarantine(slot, Stage.BEFORE_TRAIN, t);
                return;
            }
            events.enabled(slot, true);
        }
    }

    /** The hook's service is going; it is still usable, so that its state can be kept for who comes after it. */
    private void leave(Slot slot) {
        boolean silent = changing(slot.source);
        states.keep(slot, silent);
        retire(slot);
        if (!silent) {
            events.removed(slot.name, slot.source);
        }
    }

    /** Whether the bundle of a hook is being changed: that it goes is told only if no other comes. */
    private boolean changing(HookSource source) {
        return changes.stream().anyMatch(c -> c.holds(source.bundleId()));
    }

    private void retire(Slot slot) {
        slot.detached = true;
        slot.context.cut();
        shared().removeOwnedBy(slot);
    }

    /** A hook has joined a running run. */
    private void join(Slot slot, List<Slot> order, boolean carried) {
        Optional<HookStates.Gone> before = states.followed(slot);
        if (slot.state == HookInfo.State.QUARANTINED) {
            return;
        }
        if (before.isPresent()) {
            events.replaced(before.get().source(), slot, carried);
            return;
        }
        events.added(slot, order, carried);
    }

    private void warmUp(Slot slot) throws Exception {
        renew(slot);
        Stage[] stages = epochOpen
                ? new Stage[] {Stage.BEFORE_TRAIN, Stage.BEFORE_TRAIN_EPOCH} : new Stage[] {Stage.BEFORE_TRAIN};
        for (Stage stage : stages) {
            calls.call(slot, stage);
        }
    }

    /** The new one has taken the old one's state and takes its place. */
    private void replace(Slot old, Slot fresh, boolean carried) {
        retire(old);
        if (fresh.state != HookInfo.State.QUARANTINED) {
            events.replaced(old.source, fresh, carried);
        }
    }

    private void report(List<String> problems) {
        for (String problem : problems) {
            if (reported.add(problem)) {
                LOG.warn("{}", problem);
            }
        }
    }

    private void quarantine(Slot slot, Stage stage, Throwable failure) {
        slot.state = HookInfo.State.QUARANTINED;
        if (stage == Stage.BEFORE_TRAIN) {
            // Tried again, it has to begin again.
            slot.started = false;
        }
        slot.lastError = HookFailure.describe(failure);
        dirty = true;
        LOG.warn("hook {} failed in {} and is quarantined", slot.name, stage.method(), failure);
        events.quarantined(slot, stage);
    }

    // ---- checkpoints, on the training thread

    /**
     * Copies the states of all hooks that have one and are called.
     *
     * @return the states by name; to be closed
     * @throws HookFailure if a hook cannot give its state and its policy is to fail the run
     */
    Map<String, HookState> saveStates() {
        return states.save(slots);
    }

    /**
     * Gives hooks the states that a checkpoint has of them, before {@code beforeTrain}. The states of hooks that are
     * not there are kept for them.
     *
     * @param saved by name; this set closes them
     */
    void loadStates(Map<String, HookState> saved) {
        states.load(slots, saved);
    }

    /** {@return whether there are states of hooks that have not come yet} */
    boolean keepsStates() {
        return states.waiting();
    }

    // ---- what others see, on any thread

    @Override
    public List<HookInfo> list() {
        List<HookInfo> result = new ArrayList<>();
        List<HookInfo> out = new ArrayList<>();
        for (Slot slot : slots) {
            if (slot.callable()) {
                result.add(slot.info(result.size() + 1));
            } else {
                out.add(slot.info(0));
            }
        }
        result.addAll(out);
        return List.copyOf(result);
    }
}
