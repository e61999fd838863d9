// SPDX-License-Identifier: Apache-2.0
package org.hookline.averaging;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.SharedData;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Weights;

/**
 * A running average of all trainable parameters: one flat array on the device beside the model's own. Buffers (running
 * statistics) are not averaged: the averaged model has those of the model as they are.
 *
 * <p>Training thread only, except {@link #close}.
 */
public final class AveragedWeights implements AutoCloseable {
    /** Under this key {@code EMAIterHook} shares its live average, of the shape of {@link Weights#flat()}. */
    public static final SharedData.Key<NDArray> EMA = new SharedData.Key<>("ema.weights", NDArray.class);

    /** Under this key {@code SWAHook} shares its live average, of the shape of {@link Weights#flat()}. */
    public static final SharedData.Key<NDArray> SWA = new SharedData.Key<>("swa.weights", NDArray.class);

    /** Under this key lies the name of the hook whose average is in the model at the moment. */
    private static final SharedData.Key<String> IN_MODEL = new SharedData.Key<>("averaging.in_model", String.class);

    private static final String STATE = "average";

    private volatile NDArray average;
    private Weights holder;

    /** Makes an average that has not started. */
    public AveragedWeights() {}

    /** {@return whether there is an average} */
    public boolean started() {
        return average != null;
    }

    /** {@return the average, or while it is in the model the model's own weights; empty before the start} */
    public Optional<NDArray> array() {
        return Optional.ofNullable(average);
    }

    /**
     * Starts: the average is what the weights are now. It lives as long as the weights do.
     *
     * @param weights the model's
     */
    public void start(Weights weights) {
        close();
        average = weights.flat().duplicate();
    }

    /**
     * Moves the average towards the weights: {@code average = keep * average + (1 - keep) * weights}. It is computed as
     * {@code (average - weights) * keep + weights}, in place and without memory of its own, so that an average that has
     * arrived at the weights stays there exactly. Nothing waits for the device.
     *
     * @param context of the call
     * @param keep how much of the average stays, in [0, 1]
     */
    public void move(TrainingContext context, double keep) {
        NDArray flat = context.weights().flat();
        // Not the Java number itself: DJL sends that to the device, which waits for it.
        try (NDArray factor = context.manager().full(new Shape(), (float) keep, DataType.FLOAT32)) {
            average.subi(flat);
            average.muli(factor);
            average.addi(flat);
        }
    }

    /**
     * Puts the average into the model, and the model's weights aside. Without average, or where it is there already,
     * nothing happens.
     *
     * @param context of the call
     * @throws UserError if the average of another hook is in the model
     */
    public void enter(TrainingContext context) {
        if (average == null || holder != null) {
            return;
        }
        Optional<String> other = context.shared().get(IN_MODEL).filter(name -> !name.equals(context.hookName()));
        if (other.isPresent()) {
            throw new UserError(context.hookName() + ": the evaluation is of the average of " + other.get()
                    + " already, expected evaluate: false for all averaging hooks but one");
        }
        context.weights().swap(average);
        holder = context.weights();
        context.shared().put(IN_MODEL, context.hookName());
    }

    /**
     * Puts the model's weights back, where the average is in the model. To be called at every moment at which a run may
     * go on after a failed evaluation.
     *
     * @param context of the call
     */
    public void leave(TrainingContext context) {
        if (holder != null) {
            holder.swap(average);
            holder = null;
            context.shared().remove(IN_MODEL);
        }
    }

    /**
     * Makes the average the model's weights for good; the average is gone then.
     *
     * @param context of the call
     */
    public void apply(TrainingContext context) {
        leave(context);
        context.weights().swap(average);
        close();
    }

    /**
     * Gives the average into a hook's state. Where it is still in the model, after an evaluation that failed, it is
     * taken out first.
     *
     * @param state where it goes; nothing is added before the start
     */
    public void save(Map<String, Object> state) {
        if (average != null) {
            if (holder != null) {
                holder.swap(average);
                holder = null;
            }
            state.put(STATE, average);
        }
    }

    /**
     * Takes the average from a hook's state, as a copy that belongs to nobody until {@link #join}.
     *
     * @param state what {@link #save} filled
     * @throws IllegalArgumentException if what is there is no array
     */
    public void load(Map<String, Object> state) {
        Object saved = state.get(STATE);
        NDArray copy = switch (saved) {
            case null -> null;
            case NDArray array -> array.duplicate();
            default -> throw new IllegalArgumentException(
                    "state '" + STATE + "' is a " + saved.getClass().getName() + ", expected an array");
        };
        if (copy != null) {
            copy.detach();
        }
        close();
        average = copy;
    }

    /**
     * Makes a loaded average one of this model.
     *
     * @param weights the model's
     * @throws IllegalArgumentException if it is of another model
     */
    public void join(Weights weights) {
        if (average == null) {
            return;
        }
        NDArray flat = weights.flat();
        if (!average.getShape().equals(flat.getShape()) || average.getDataType() != flat.getDataType()) {
            throw new IllegalArgumentException("the saved average has " + average.size() + " values of "
                    + average.getDataType() + ", expected " + flat.size() + " of " + flat.getDataType()
                    + " as this model has");
        }
        average.attach(flat.getManager());
    }

    /** Forgets the average and frees its memory. */
    @Override
    public void close() {
        NDArray old = average;
        average = null;
        holder = null;
        if (old != null) {
            old.close();
        }
    }
}
