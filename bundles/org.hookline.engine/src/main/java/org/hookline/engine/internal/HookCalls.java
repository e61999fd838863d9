// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hookline.api.Stage;
import org.hookline.api.TrainingContext;
import org.hookline.engine.SpanListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the hooks of a run: a stage of all that override it, in order, each call timed and each failure treated as the
 * hook's policy says. Who is called changes by {@link #use} alone. Training thread only, except where a method says
 * otherwise.
 */
@SuppressWarnings("EnumOrdinal") // arrays by stage: looked up around every call of a hook
final class HookCalls {
    private static final Logger LOG = LoggerFactory.getLogger(HookCalls.class);
    private static final Stage[] STAGES = Stage.values();
    private static final Slot[] NOBODY = {};

    private final Quarantine quarantine;
    private Slot[][] byStage = new Slot[STAGES.length][];
    private long nestedNanos;
    private SpanListener spans;

    // Written by the training thread; read by any.
    private volatile Slot current;
    private volatile Thread thread;
    private long entered;

    /** Takes a hook out that failed. */
    @FunctionalInterface
    interface Quarantine {
        /**
         * The hook is not to be called any more.
         *
         * @param slot the hook
         * @param stage in which it failed
         * @param failure how
         */
        void quarantine(Slot slot, Stage stage, Throwable failure);
    }

    /**
     * Calls nobody yet.
     *
     * @param quarantine for hooks whose policy it is
     */
    HookCalls(Quarantine quarantine) {
        this.quarantine = quarantine;
        Arrays.fill(byStage, NOBODY);
    }

    /** The run starts on this thread. */
    void start() {
        thread = Thread.currentThread();
    }

    /** The run ends: nothing is called any more. */
    void end() {
        thread = null;
        current = null;
        Arrays.fill(byStage, NOBODY);
    }

    /**
     * From now on these are called, between two iterations.
     *
     * @param slots the hooks in their order
     */
    void use(List<Slot> slots) {
        Slot[][] snapshot = new Slot[STAGES.length][];
        for (Stage stage : STAGES) {
            snapshot[stage.ordinal()] = slots.stream()
                    .filter(s -> s.overrides[stage.ordinal()] && s.callable())
                    .toArray(Slot[]::new);
        }
        byStage = snapshot;
    }

    /**
     * Has somebody told of each call.
     *
     * @param listener replaces the one before; null for nobody
     */
    void spans(SpanListener listener) {
        spans = listener;
    }

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
                // The volatile write before the check, and the reverse order in HookSet.cutOff, make sure that a hook
                // that was cut off is either not entered or seen to be inside.
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
                        if (spans != null) {
                            spans.span(slot.name, stage, start, now);
                        }
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

    /**
     * Calls a stage of one hook, whatever its state and its policy.
     *
     * @param slot the hook
     * @param stage the stage; nothing happens if the hook does not override it
     * @throws Exception of the hook
     */
    void call(Slot slot, Stage stage) throws Exception {
        if (slot.overrides[stage.ordinal()]) {
            Slot outer = enter(slot);
            long start = System.nanoTime();
            try {
                call(slot, stage, null);
            } finally {
                slot.record(stage.ordinal(), System.nanoTime() - start);
                leave(slot, outer);
            }
        }
    }

    /**
     * From now on the training thread is inside a hook, in what is no stage.
     *
     * @param slot the hook
     * @return the one before, for {@link #leave}
     */
    Slot enter(Slot slot) {
        Slot outer = current;
        entered = System.nanoTime();
        current = slot;
        return outer;
    }

    /**
     * The training thread has come out of a hook.
     *
     * @param slot the hook
     * @param outer what {@link #enter} gave
     */
    void leave(Slot slot, Slot outer) {
        slot.closeScope();
        current = outer;
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
            case FailurePolicy.Quarantine q -> quarantine.quarantine(slot, stage, failure);
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

    // ---- what others see, on any thread

    /** {@return whether this is the thread on which the run goes on} */
    boolean onTrainingThread() {
        return Thread.currentThread() == thread;
    }

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

    /** {@return where the training thread is, in lines; empty where no run goes on} */
    String stack() {
        Thread t = thread;
        return t == null ? "" : Arrays.stream(t.getStackTrace()).limit(30)
                .map(e -> "    at " + e).collect(Collectors.joining("\n"));
    }
}
