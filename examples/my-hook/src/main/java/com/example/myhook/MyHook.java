package com.example.myhook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/**
 * An exponential moving average of the weights: {@code average = decay * average + (1 - decay) * weights} after each
 * optimizer step. What is evaluated is the average.
 */
@Component(service = Hook.class, name = "MyHook")
@Designate(ocd = MyHookConfig.class)
@Level("NORMAL")
@HookKind(HookKind.TRAINING) // it swaps weights: if it fails, the run fails
public final class MyHook implements StatefulHook, LiveHook<Double> {
    private final LiveSettings<Double> decay;

    /** Of the shape of all weights, on the device; null before the first run. */
    private NDArray average;

    /** Whether the average is in the model, and the model's weights are here. */
    private boolean swapped;

    /** Whether the average came from a checkpoint, or from the version of this hook before. */
    private boolean loaded;

    /** Made by OSGi: when the jar is deployed, and once for each entry of a run file. */
    @Activate
    public MyHook(MyHookConfig config) {
        this(config.decay());
    }

    /** Made by a test, or by a program without OSGi. */
    public MyHook(double decay) {
        double valid = checked(decay);
        this.decay = LiveSettings.of(() -> valid);
    }

    private static double checked(double decay) {
        if (!(decay >= 0 && decay < 1)) {
            throw new UserError("MyHook: decay is " + decay + ", expected 0 up to below 1");
        }
        return decay;
    }

    /** Other parameters while it runs: in force from the next iteration on. */
    @Modified
    void modified(MyHookConfig config) {
        decay.offer(() -> checked(config.decay()));
    }

    @Override
    public LiveSettings<Double> liveSettings() {
        return decay;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        NDArray weights = context.weights().flat();
        if (loaded) {
            average.attach(weights.getManager());
            loaded = false;
        } else {
            close();
            average = weights.duplicate();
        }
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        NDArray weights = context.weights().flat();
        // An array and not the number itself, which DJL would copy to the device and wait.
        try (NDArray keep = context.manager().full(new Shape(), decay.get().floatValue(), DataType.FLOAT32)) {
            average.subi(weights);
            average.muli(keep);
            average.addi(weights);
        }
    }

    @Override
    public void beforeEvaluate(TrainingContext context) {
        context.weights().swap(average);
        swapped = true;
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        putBack(context);
    }

    /** An evaluation that fails half-way has no end. */
    @Override
    public void onException(TrainingContext context, Throwable failure) {
        putBack(context);
    }

    private void putBack(TrainingContext context) {
        if (swapped) {
            context.weights().swap(average);
            swapped = false;
        }
    }

    /** Goes into checkpoints, and to the next version of this hook when the jar is replaced during a run. */
    @Override
    public Map<String, Object> saveState() {
        return average == null ? Map.of() : Map.of("average", average);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (state.get("average") instanceof NDArray saved) {
            close();
            average = saved.duplicate();
            average.detach();
            loaded = true;
        }
    }

    /** Frees the array, where the hook leaves before its run ends. */
    @Deactivate
    public void close() {
        if (average != null) {
            average.close();
            average = null;
        }
    }
}
