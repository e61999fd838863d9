// SPDX-License-Identifier: Apache-2.0
package org.hookline.averaging;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.SharedData;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;

/**
 * What hooks that keep {@link AveragedWeights} have in common: the average is shared with other hooks, evaluated in
 * place of the weights, and it is the hook's state, with the hook's {@link Count counts}. When it starts and moves is
 * for the hook to say. Training thread only, except {@link #close}.
 *
 * @param <S> the settings
 */
public abstract class AveragingHook<S> implements StatefulHook, LiveHook<S> {
    private final String type;
    private final SharedData.Key<NDArray> key;
    private final LiveSettings<S> given;
    private final AveragedWeights average = new AveragedWeights();
    private final List<Count> counts = new ArrayList<>();
    private boolean loaded;

    /** A number that belongs to the average: 0 where a run begins without a state, and saved with it. */
    public static final class Count {
        private final String name;
        private long value;

        private Count(String name) {
            this.name = name;
        }

        /** {@return the number} */
        public long get() {
            return value;
        }

        /**
         * Sets the number.
         *
         * @param number replaces the one before
         */
        public void set(long number) {
            value = number;
        }

        /** Adds 1. */
        public void increment() {
            value++;
        }
    }

    /**
     * Makes the hook.
     *
     * @param type the hook's, for messages
     * @param key under which other hooks find the average
     * @param given how weights are averaged
     */
    protected AveragingHook(String type, SharedData.Key<NDArray> key, LiveSettings<S> given) {
        this.type = type;
        this.key = key;
        this.given = given;
    }

    /**
     * Makes a count; for the initializers of the hook's fields.
     *
     * @param name in the hook's state
     * @return the count
     */
    protected final Count count(String name) {
        Count count = new Count(name);
        counts.add(count);
        return count;
    }

    /**
     * Gives the settings in force. From {@link #beforeTrain} on, which fails where they are wrong.
     *
     * @return the settings
     */
    protected final S settings() {
        return given.get();
    }

    /** {@return the average} */
    protected final AveragedWeights average() {
        return average;
    }

    /** {@return whether evaluations are to see the average} */
    protected abstract boolean evaluatesAverage();

    /**
     * Starts the average from the weights as they are, and shares it.
     *
     * @param context of the call
     */
    protected final void start(TrainingContext context) {
        average.start(context.weights());
        share(context);
    }

    private void share(TrainingContext context) {
        average.array().ifPresent(a -> context.shared().put(key, a));
    }

    @Override
    public final LiveSettings<S> liveSettings() {
        return given;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        // A mistake in them is reported here.
        given.get();
        if (loaded) {
            average.join(context.weights());
            loaded = false;
        } else {
            average.close();
            counts.forEach(c -> c.value = 0);
        }
        share(context);
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        // Where an evaluation failed half-way and the run goes on without the hook that asked for it.
        average.leave(context);
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        if (evaluatesAverage()) {
            average.enter(context);
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        average.leave(context);
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        average.leave(context);
    }

    @Override
    public void afterTrain(TrainingContext context) {
        average.leave(context);
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        average.save(state);
        counts.forEach(c -> state.put(c.name, c.value));
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        // All that can be refused comes before the first change.
        long[] saved = counts.stream().mapToLong(c -> number(state, c.name)).toArray();
        average.load(state);
        for (int i = 0; i < saved.length; i++) {
            counts.get(i).value = saved[i];
        }
        loaded = true;
    }

    private long number(Map<String, Object> state, String name) {
        if (state.get(name) instanceof Number n) {
            return n.longValue();
        }
        throw new IllegalArgumentException("state of " + type + " has no number '" + name + "'");
    }

    /** Frees the average, where the hook leaves before its run ends. For any thread. */
    public void close() {
        average.close();
    }
}
