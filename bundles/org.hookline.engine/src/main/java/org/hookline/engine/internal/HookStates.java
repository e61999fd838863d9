// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.hookline.api.StatefulHook;
import org.hookline.api.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the states of a run's hooks pass into checkpoints, out of them, and from a hook to the one that comes after it;
 * and the states that wait meanwhile for a hook that has not come yet. Training thread only.
 */
final class HookStates {
    private static final Logger LOG = LoggerFactory.getLogger(HookStates.class);

    private final RunState run;

    /** By what stays the same when a hook is replaced. */
    private final Map<String, Gone> left = new HashMap<>();

    /** Of a checkpoint, by name. */
    private final Map<String, HookState> resumed = new HashMap<>();

    /**
     * What a hook that left has left behind.
     *
     * @param name its name
     * @param source what its service said, without the hook itself
     * @param state its state; null where it has none
     * @param silent the bundle is being changed: that the hook has gone is told only if no other comes
     */
    record Gone(String name, HookSource source, HookState state, boolean silent) {
        private void close() {
            if (state != null) {
                state.close();
            }
        }
    }

    /**
     * Has no states.
     *
     * @param run makes scopes for their arrays
     */
    HookStates(RunState run) {
        this.run = run;
    }

    /** Forgets the states that nobody came for. */
    void close() {
        left.values().forEach(Gone::close);
        left.clear();
        resumed.values().forEach(HookState::close);
        resumed.clear();
    }

    // ---- from hook to hook

    /**
     * Gives a hook that comes the state of the one before it.
     *
     * @param slot the hook
     * @param old the one whose place it takes; null for none
     * @param mayRefuse whether a state that the hook refuses keeps it out, if it does not start fresh
     * @return whether it has taken a state
     * @throws IllegalStateException if it is kept out
     */
    boolean carry(Slot slot, Slot old, boolean mayRefuse) {
        if (!(slot.hook() instanceof StatefulHook to)) {
            return false;
        }
        if (old != null) {
            if (old.hook() instanceof StatefulHook from && !old.detached) {
                try (HookState state = HookState.of(from, run::newScope)) {
                    return load(slot, to, state, true);
                }
            }
            return false;
        }
        Gone before = left.get(slot.source.identity());
        if (before != null && before.state() != null) {
            return load(slot, to, before.state(), mayRefuse);
        }
        if (resumed.containsKey(slot.name)) {
            try (HookState state = resumed.remove(slot.name)) {
                return load(slot, to, state, mayRefuse);
            }
        }
        return false;
    }

    private static boolean load(Slot slot, StatefulHook hook, HookState state, boolean mayRefuse) {
        try {
            hook.loadState(state.version(), state.values());
            return true;
        } catch (RuntimeException e) {
            if (mayRefuse && !hook.startsFresh()) {
                throw new IllegalStateException("it refuses the state of the one before it ("
                        + HookFailure.describe(e) + ") and does not start fresh", e);
            }
            LOG.warn("hook {}: refuses the state of its predecessor and starts fresh: {}", slot.name,
                    HookFailure.describe(e), e);
            return false;
        }
    }

    /**
     * Keeps the state of a hook that leaves, for one that may come after it.
     *
     * @param slot the hook, which is still usable
     * @param silent whether its bundle is being changed
     */
    void keep(Slot slot, boolean silent) {
        HookState state = null;
        if (slot.hook() instanceof StatefulHook stateful && !slot.detached) {
            try {
                state = HookState.of(stateful, run::newScope);
            } catch (RuntimeException e) {
                LOG.warn("hook {}: its state cannot be kept: {}", slot.name, HookFailure.describe(e), e);
            }
        }
        if (state != null || silent) {
            Gone before = left.put(slot.source.identity(), new Gone(slot.name, slot.source.withoutHook(), state,
                    silent));
            if (before != null) {
                before.close();
            }
        }
    }

    /**
     * A hook has joined the run: what the one before it has left is not needed any more.
     *
     * @param slot the hook
     * @return the one before it, where it has gone without being told
     */
    Optional<Gone> followed(Slot slot) {
        Gone before = left.remove(slot.source.identity());
        if (before != null) {
            before.close();
        }
        return Optional.ofNullable(before).filter(Gone::silent);
    }

    /** The name of a hook that has just gone and whose bundle is being changed: it waits for its successor. */
    Optional<String> nameOfGone(String identity) {
        return Optional.ofNullable(left.get(identity)).filter(Gone::silent).map(Gone::name);
    }

    /**
     * Finds the hooks that nobody came after; each is found once.
     *
     * @param changing whether the bundle of a hook is still being changed
     * @return those that have gone without being told, and now are to be
     */
    List<Gone> withoutSuccessor(Predicate<HookSource> changing) {
        List<Gone> found = new ArrayList<>();
        for (Map.Entry<String, Gone> entry : left.entrySet()) {
            Gone gone = entry.getValue();
            if (gone.silent() && !changing.test(gone.source())) {
                entry.setValue(new Gone(gone.name(), gone.source(), gone.state(), false));
                found.add(gone);
            }
        }
        return found;
    }

    // ---- checkpoints

    /**
     * Copies the states of all hooks that have one and are called.
     *
     * @param slots the hooks
     * @return the states by name; to be closed
     * @throws HookFailure if a hook cannot give its state and its policy is to fail the run
     */
    Map<String, HookState> save(List<Slot> slots) {
        Map<String, HookState> states = new LinkedHashMap<>();
        for (Slot slot : slots) {
            if (slot.callable() && slot.hook() instanceof StatefulHook stateful) {
                try {
                    states.put(slot.name, HookState.of(stateful, run::newScope));
                } catch (RuntimeException e) {
                    if (!(slot.source.policy() instanceof FailurePolicy.Quarantine)) {
                        states.values().forEach(HookState::close);
                        throw new HookFailure(slot.name, "saveState", e);
                    }
                    LOG.warn("hook {}: the checkpoint lacks its state: {}", slot.name, HookFailure.describe(e), e);
                }
            }
        }
        return states;
    }

    /**
     * Gives hooks the states that a checkpoint has of them, before {@code beforeTrain}. The states of hooks that are
     * not there are kept for them.
     *
     * @param slots the hooks
     * @param states by name; to be closed here
     */
    void load(List<Slot> slots, Map<String, HookState> states) {
        resumed.putAll(states);
        for (Slot slot : slots) {
            if (!(slot.hook() instanceof StatefulHook stateful)) {
                continue;
            }
            HookState state = resumed.remove(slot.name);
            if (state == null) {
                LOG.warn("hook {}: the checkpoint has no state of it; it starts fresh", slot.name);
                continue;
            }
            try (state) {
                stateful.loadState(state.version(), state.values());
            } catch (RuntimeException e) {
                if (!(slot.source.policy() instanceof FailurePolicy.Quarantine)) {
                    throw new UserError(slot.name + " refuses the state of the checkpoint: " + HookFailure.describe(e)
                            + "; resume with the settings of the run that wrote it", e);
                }
                LOG.warn("hook {}: refuses the state of the checkpoint and starts fresh: {}", slot.name,
                        HookFailure.describe(e), e);
            }
        }
        if (!resumed.isEmpty()) {
            LOG.warn("the checkpoint has states of hooks that are not here: {}", String.join(", ", resumed.keySet()));
        }
    }

    /** {@return whether there are states of hooks that have not come yet} */
    boolean waiting() {
        return !resumed.isEmpty();
    }
}
