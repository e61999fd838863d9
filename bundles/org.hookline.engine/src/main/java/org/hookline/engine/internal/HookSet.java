// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.hookline.api.HookInfo;
import org.hookline.api.HookLevel;
import org.hookline.api.Hooks;
import org.hookline.api.Stage;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hooks of one run. Services come and go on any thread; what is called changes only when the training thread says
 * so, between iterations ({@link #boundary}). The set that is wanted is worked out from the services that are there, so
 * several changes, or the old and the new version of a hook side by side, become one change at one boundary.
 */
public final class HookSet implements Hooks {
    private static final Logger LOG = LoggerFactory.getLogger(HookSet.class);
    private static final Stage[] STAGES = Stage.values();
    private static final Slot[] NOBODY = {};

    private final RunState run;
    private final Duration patience;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition applied = lock.newCondition();

    // Guarded by the lock.
    private final Map<Long, HookSource> sources = new HashMap<>();
    private final Set<Long> refused = new HashSet<>();
    private final Set<String> disabled = new HashSet<>();
    private boolean executing;

    /** Says that the wanted set may differ from the active one; the only thing an iteration looks at. */
    private volatile boolean dirty;

    // Written by the training thread (before the run: under the lock); read by any.
    private volatile List<Slot> slots = List.of();
    private volatile Slot current;
    private volatile Thread thread;
    private long entered;

    // Training thread only.
    private Slot[][] byStage = new Slot[STAGES.length][];
    private final Map<String, HookState> orphans = new HashMap<>();
    private final Set<String> reported = new HashSet<>();
    private boolean epochOpen;
    private long nestedNanos;

    /**
     * Makes an empty set.
     *
     * @param run the run
     * @param patience how long {@link #remove} waits for the next boundary
     */
    HookSet(RunState run, Duration patience) {
        this.run = run;
        this.patience = patience;
        Arrays.fill(byStage, NOBODY);
    }

    // ---- services, on any thread

    /**
     * A hook service came, or its properties changed.
     *
     * @param source what it says
     */
    void put(HookSource source) {
        lock.lock();
        try {
            source.problems().forEach(LOG::warn);
            sources.put(source.serviceId(), source);
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
            changed();
            if (!executing || Thread.currentThread() == thread) {
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
        return slots.stream().anyMatch(s -> s.source.serviceId() == serviceId);
    }

    private void cutOff(long serviceId) {
        for (Slot slot : slots) {
            if (slot.source.serviceId() == serviceId) {
                slot.detached = true;
                if (current == slot) {
                    LOG.error("hook {} did not return for {} s and its bundle goes away; it is inside:\n{}", slot.name,
                            patience.toSeconds(), stack());
                } else {
                    LOG.warn("hook {} was taken out inside an iteration: the next boundary did not come for {} s",
                            slot.name, patience.toSeconds());
                }
            }
        }
    }

    private String stack() {
        Thread t = thread;
        return t == null ? "" : Arrays.stream(t.getStackTrace()).limit(30)
                .map(e -> "    at " + e).collect(Collectors.joining("\n"));
    }

    /**
     * Switches a hook off or on, from the next boundary on.
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
            boolean changes = enabled ? disabled.remove(name) : disabled.add(name);
            if (changes) {
                changed();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void changed() {
        if (executing) {
            dirty = true;
        } else {
            arrange();
        }
    }

    /** Before the run: only the order is worked out. */
    private void arrange() {
        HookOrder.Sorted sorted = HookOrder.sort(wanted(sources.values(), refused), Map.of());
        List<Slot> arranged = new ArrayList<>();
        for (int i = 0; i < sorted.sources().size(); i++) {
            arranged.add(new Slot(sorted.names().get(i), sorted.sources().get(i), 0,
                    s -> new HookContext(run, s, false)));
        }
        slots = List.copyOf(arranged);
        report(sorted.problems());
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
            thread = Thread.currentThread();
            executing = true;
            arrange();
            rebuild();
        } finally {
            lock.unlock();
        }
    }

    /** The run ends: nothing is called any more, contexts are cut, waiting threads go on. */
    void end() {
        lock.lock();
        try {
            executing = false;
            thread = null;
            current = null;
            Arrays.fill(byStage, NOBODY);
            slots.forEach(s -> s.context.cut());
            orphans.values().forEach(HookState::close);
            orphans.clear();
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

    private void apply() {
        List<HookSource> wanted;
        Set<String> off;
        lock.lock();
        try {
            dirty = false;
            wanted = wanted(sources.values(), refused);
            off = Set.copyOf(disabled);
        } finally {
            lock.unlock();
        }
        Map<Long, Slot> leaving = new LinkedHashMap<>();
        slots.forEach(s -> leaving.put(s.source.serviceId(), s));
        List<Slot> staying = new ArrayList<>();
        List<HookSource> coming = new ArrayList<>();
        for (HookSource source : wanted) {
            Slot slot = leaving.remove(source.serviceId());
            if (slot == null) {
                coming.add(source);
            } else {
                update(slot, source);
                staying.add(slot);
            }
        }
        // A hook that leaves while another of its identity comes is replaced: one change.
        List<Replacement> replacements = new ArrayList<>();
        for (HookSource source : List.copyOf(coming)) {
            Optional<Slot> old = leaving.values().stream()
                    .filter(s -> s.source.identity().equals(source.identity())).findFirst();
            if (old.isPresent()) {
                leaving.remove(old.get().source.serviceId());
                coming.remove(source);
                replacements.add(new Replacement(old.get(), source));
            }
        }
        leaving.values().forEach(this::leave);

        Map<Long, String> names = new HashMap<>();
        staying.forEach(s -> names.put(s.source.serviceId(), s.name));
        replacements.forEach(r -> names.put(r.source().serviceId(), r.old().name));
        List<HookSource> all = new ArrayList<>();
        staying.forEach(s -> all.add(s.source));
        replacements.forEach(r -> all.add(r.source()));
        all.addAll(coming);
        HookOrder.Sorted sorted = HookOrder.sort(all, names);
        report(sorted.problems());

        Map<Long, Slot> byId = new HashMap<>();
        staying.forEach(s -> byId.put(s.source.serviceId(), s));
        for (int i = 0; i < sorted.sources().size(); i++) {
            HookSource source = sorted.sources().get(i);
            if (!byId.containsKey(source.serviceId())) {
                Slot slot = new Slot(sorted.names().get(i), source, run.progress().iteration(),
                        s -> new HookContext(run, s, true));
                byId.put(source.serviceId(), slot);
            }
        }
        List<Slot> result = new ArrayList<>();
        sorted.sources().forEach(s -> result.add(byId.get(s.serviceId())));
        for (Replacement r : replacements) {
            Slot fresh = byId.get(r.source().serviceId());
            if (!replace(r.old(), fresh)) {
                result.set(result.indexOf(fresh), r.old());
            }
        }
        for (HookSource source : coming) {
            join(byId.get(source.serviceId()), result);
        }
        result.forEach(s -> enable(s, !off.contains(s.name)));
        lock.lock();
        try {
            slots = List.copyOf(result);
            rebuild();
            applied.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private record Replacement(Slot old, HookSource source) {}

    private void update(Slot slot, HookSource source) {
        HookSource before = slot.source;
        if (before != source) {
            slot.source = source;
            String what = before.level() == source.level() ? "reconfigured"
                    : "level " + before.level() + " -> " + source.level();
            run.event("hook_changed", at() + slot.name + " " + what,
                    details(slot, Map.of("from_level", before.level())));
        }
    }

    private void enable(Slot slot, boolean enabled) {
        if (slot.state == HookInfo.State.ACTIVE && !enabled) {
            slot.state = HookInfo.State.DISABLED;
            run.event("hook_changed", at() + slot.name + " disabled", details(slot, Map.of("enabled", false)));
        } else if (slot.state == HookInfo.State.DISABLED && enabled) {
            slot.state = HookInfo.State.ACTIVE;
            run.event("hook_changed", at() + slot.name + " enabled", details(slot, Map.of("enabled", true)));
        }
    }

    /** The hook's service is going; it is still usable, so that its state can be kept for who comes after it. */
    private void leave(Slot slot) {
        if (slot.hook() instanceof StatefulHook stateful && !slot.detached) {
            try {
                HookState old = orphans.put(slot.source.identity(), HookState.of(stateful, run::newScope));
                if (old != null) {
                    old.close();
                }
            } catch (RuntimeException e) {
                LOG.warn("hook {}: its state cannot be kept: {}", slot.name, HookFailure.describe(e), e);
            }
        }
        retire(slot);
        run.event("hook_removed", at() + "- " + shown(slot), details(slot, Map.of()));
    }

    private void retire(Slot slot) {
        slot.detached = true;
        slot.context.cut();
        if (run.shared() instanceof SharedMap map) {
            map.removeOwnedBy(slot);
        }
    }

    /** A hook joins a running run; one that cannot start is set aside and the run goes on. */
    private void join(Slot slot, List<Slot> order) {
        HookState state = orphans.remove(slot.source.identity());
        boolean carried = false;
        try {
            if (state != null && slot.hook() instanceof StatefulHook stateful) {
                try {
                    stateful.loadState(state.version(), state.values());
                    carried = true;
                } catch (RuntimeException e) {
                    LOG.warn("hook {}: refuses the state of its predecessor and starts fresh: {}", slot.name,
                            HookFailure.describe(e), e);
                }
            }
            warmUp(slot);
        } catch (Throwable t) {
            quarantine(slot, Stage.BEFORE_TRAIN, t);
            return;
        } finally {
            if (state != null) {
                state.close();
            }
        }
        run.event("hook_added", at() + "+ " + shown(slot) + " (level " + slot.source.level() + place(slot, order) + ")"
                + (carried ? ", state carried over" : ""), details(slot, Map.of("state_carried", carried)));
    }

    private void warmUp(Slot slot) throws Exception {
        Stage[] stages = epochOpen
                ? new Stage[] {Stage.BEFORE_TRAIN, Stage.BEFORE_TRAIN_EPOCH} : new Stage[] {Stage.BEFORE_TRAIN};
        for (Stage stage : stages) {
            if (slot.overrides[stage.ordinal()]) {
                Slot outer = enter(slot);
                long start = System.nanoTime();
                try {
                    call(slot, stage, null);
                } finally {
                    slot.record(stage.ordinal(), System.nanoTime() - start);
                    slot.closeScope();
                    current = outer;
                }
            }
        }
    }

    /** The new one takes the old one's state and place; if it cannot, the old one goes on. */
    private boolean replace(Slot old, Slot fresh) {
        boolean carried = false;
        try {
            if (old.hook() instanceof StatefulHook from && fresh.hook() instanceof StatefulHook to && !old.detached) {
                try (HookState state = HookState.of(from, run::newScope)) {
                    to.loadState(state.version(), state.values());
                    carried = true;
                }
            }
            warmUp(fresh);
        } catch (Throwable t) {
            lock.lock();
            try {
                if (sources.containsKey(old.source.serviceId())) {
                    refused.add(fresh.source.serviceId());
                }
            } finally {
                lock.unlock();
            }
            boolean oldStays = refused.contains(fresh.source.serviceId());
            String text = at() + shown(fresh) + " could not take over: " + HookFailure.describe(t)
                    + (oldStays ? "; " + shown(old) + " goes on" : "");
            LOG.warn("{}", text, t);
            run.event("hook_rejected", text, details(fresh, Map.of("error", HookFailure.describe(t))));
            if (oldStays) {
                fresh.context.cut();
                return false;
            }
            retire(old);
            fresh.state = HookInfo.State.QUARANTINED;
            fresh.lastError = HookFailure.describe(t);
            return true;
        }
        retire(old);
        run.event("hook_replaced", at() + fresh.name + " " + old.source.version() + " -> " + fresh.source.version()
                + (carried ? ", state carried over" : ""),
                details(fresh, Map.of("from_version", old.source.version(), "state_carried", carried)));
        return true;
    }

    private String at() {
        return "iteration " + run.progress().iteration() + ": ";
    }

    private static String shown(Slot slot) {
        return slot.source.version().isEmpty() ? slot.name : slot.name + " " + slot.source.version();
    }

    private static String place(Slot slot, List<Slot> order) {
        int i = order.indexOf(slot);
        return i > 0 ? ", after " + order.get(i - 1).name : order.size() > 1 ? ", before " + order.get(1).name : "";
    }

    private static Map<String, Object> details(Slot slot, Map<String, ?> more) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("hook", slot.name);
        details.put("type", slot.source.type());
        details.put("level", slot.source.level());
        details.put("level_name", HookLevel.show(slot.source.level()));
        details.put("bundle", slot.source.bundle());
        details.put("version", slot.source.version());
        details.putAll(more);
        return details;
    }

    private void report(List<String> problems) {
        for (String problem : problems) {
            if (reported.add(problem)) {
                LOG.warn("{}", problem);
            }
        }
    }

    private void rebuild() {
        Slot[][] snapshot = new Slot[STAGES.length][];
        for (Stage stage : STAGES) {
            snapshot[stage.ordinal()] = slots.stream()
                    .filter(s -> s.overrides[stage.ordinal()] && s.callable())
                    .toArray(Slot[]::new);
        }
        byStage = snapshot;
    }

    // ---- dispatch, on the training thread

    /**
     * Calls a stage of all hooks that override it, in order.
     *
     * @param stage the stage
     * @throws HookFailure if a hook failed whose policy is to fail the run
     */
    void dispatch(Stage stage) {
        Slot[] called = byStage[stage.ordinal()];
        if (called.length == 0) {
            return;
        }
        int s = stage.ordinal();
        Slot outer = current;
        long start = System.nanoTime();
        long first = start;
        try {
            for (Slot slot : called) {
                entered = start;
                // The volatile write before the check, and the reverse order in cutOff, make sure that a hook that was
                // cut off is either not entered or seen to be inside.
                current = slot;
                if (slot.callable()) {
                    long nestedBefore = nestedNanos;
                    try {
                        call(slot, stage, null);
                    } catch (Throwable t) {
                        failed(slot, stage, t);
                    } finally {
                        slot.closeScope();
                        long now = System.nanoTime();
                        slot.record(s, now - start - (nestedNanos - nestedBefore));
                        start = now;
                    }
                }
            }
        } finally {
            current = outer;
            if (outer != null) {
                // A stage inside a hook's call (a step inside the optimizer hook): its time is not the outer hook's.
                nestedNanos += start - first;
            }
        }
    }

    /**
     * Calls a stage of all hooks whatever happens; failures are logged.
     *
     * @param stage {@link Stage#ON_EXCEPTION} or {@link Stage#AFTER_TRAIN}
     * @param failure what failed the run, or null
     * @return the first failure of a hook whose policy is to fail the run
     */
    Optional<HookFailure> dispatchToAll(Stage stage, Throwable failure) {
        HookFailure first = null;
        for (Slot slot : byStage[stage.ordinal()]) {
            Slot outer = enter(slot);
            long start = System.nanoTime();
            try {
                if (slot.callable()) {
                    call(slot, stage, failure);
                }
            } catch (Throwable t) {
                LOG.error("hook {} failed in {}: {}", slot.name, stage.method(), HookFailure.describe(t), t);
                slot.lastError = HookFailure.describe(t);
                if (first == null && !(slot.source.policy() instanceof FailurePolicy.Quarantine)) {
                    first = new HookFailure(slot.name, stage, t);
                }
            } finally {
                slot.closeScope();
                slot.record(stage.ordinal(), System.nanoTime() - start);
                current = outer;
            }
        }
        return Optional.ofNullable(first);
    }

    private Slot enter(Slot slot) {
        Slot outer = current;
        entered = System.nanoTime();
        current = slot;
        return outer;
    }

    private static void call(Slot slot, Stage stage, Throwable failure) throws Exception {
        var hook = slot.source.hook();
        TrainingContext context = slot.context;
        switch (stage) {
            case BEFORE_TRAIN -> hook.beforeTrain(context);
            case BEFORE_TRAIN_EPOCH -> hook.beforeTrainEpoch(context);
            case BEFORE_TRAIN_ITER -> hook.beforeTrainIter(context);
            case AFTER_TRAIN_ITER -> hook.afterTrainIter(context);
            case AFTER_TRAIN_EPOCH -> hook.afterTrainEpoch(context);
            case AFTER_TRAIN -> hook.afterTrain(context);
            case AFTER_OPTIMIZER_STEP -> hook.afterOptimizerStep(context);
            case BEFORE_EVALUATE -> hook.beforeEvaluate(context);
            case AFTER_EVALUATE -> hook.afterEvaluate(context);
            case ON_EXCEPTION -> hook.onException(context, failure);
        }
    }

    private void failed(Slot slot, Stage stage, Throwable failure) {
        if (failure instanceof HookFailure inner) {
            // Another hook failed the run inside this one's call; it has its name already.
            throw inner;
        }
        Throwable last = failure;
        switch (slot.source.policy()) {
            case FailurePolicy.Abort a -> {
                slot.lastError = HookFailure.describe(failure);
                throw new HookFailure(slot.name, stage, failure);
            }
            case FailurePolicy.Quarantine q -> quarantine(slot, stage, failure);
            case FailurePolicy.Retry retry -> {
                for (int i = 1; i <= retry.times(); i++) {
                    slot.lastError = HookFailure.describe(last);
                    LOG.warn("hook {} failed in {}, retry {} of {}: {}", slot.name, stage.method(), i, retry.times(),
                            slot.lastError, last);
                    try {
                        call(slot, stage, null);
                        return;
                    } catch (HookFailure inner) {
                        throw inner;
                    } catch (Throwable t) {
                        last = t;
                    }
                }
                slot.lastError = HookFailure.describe(last);
                throw new HookFailure(slot.name, stage, last);
            }
        }
    }

    private void quarantine(Slot slot, Stage stage, Throwable failure) {
        slot.state = HookInfo.State.QUARANTINED;
        slot.lastError = HookFailure.describe(failure);
        dirty = true;
        LOG.warn("hook {} failed in {} and is quarantined", slot.name, stage.method(), failure);
        run.event("hook_quarantined", at() + "! " + shown(slot) + " quarantined: it failed in " + stage.method() + ": "
                + slot.lastError, details(slot, Map.of("stage", stage.method(), "error", slot.lastError)));
    }

    // ---- what others see, on any thread

    /** {@return the hook that is being called, if any} */
    Slot current() {
        return current;
    }

    /** A call that lasts: who, and for how long. */
    record Call(String hook, long nanos, String stack) {}

    /** {@return the call in progress} */
    Optional<Call> inside() {
        Slot slot = current;
        return slot == null ? Optional.empty()
                : Optional.of(new Call(slot.name, System.nanoTime() - entered, stack()));
    }

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
