package ${package};

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
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;

/** Logs the length of the vector of all weights as {@code weight_norm}. Put your own idea in its place. */
@Component(service = Hook.class, name = "${hookName}")
@Designate(ocd = ${hookName}Config.class)
@Level("LOW") // after the optimizer, the evaluation and the log; configuration may say otherwise
@HookKind(HookKind.OBSERVER) // it only watches: if it fails, it is taken out and the run goes on
public final class ${hookName} implements StatefulHook, LiveHook<Integer> {
    private final LiveSettings<Integer> interval;

    /** Optimizer steps seen so far. */
    private long steps;

    /** Made by OSGi: when the jar is deployed, and once for each entry of a run file. */
    @Activate
    public ${hookName}(${hookName}Config config) {
        this(config.interval());
    }

    /** Made by a test, or by a program without OSGi. */
    public ${hookName}(int interval) {
        int valid = checked(interval);
        this.interval = LiveSettings.of(() -> valid);
    }

    private static int checked(int interval) {
        if (interval < 1) {
            throw new UserError("${hookName}: interval is " + interval + ", expected 1 or more");
        }
        return interval;
    }

    /** Other parameters while it runs: in force from the next iteration on. */
    @Modified
    void modified(${hookName}Config config) {
        interval.offer(() -> checked(config.interval()));
    }

    @Override
    public LiveSettings<Integer> liveSettings() {
        return interval;
    }

    @Override
    public void afterOptimizerStep(TrainingContext context) {
        steps++;
        if (steps % interval.get() == 0) {
            // The value stays on the device until somebody reads it: no iteration waits.
            context.metrics().put("weight_norm", context.weights().flat().norm());
        }
    }

    /** Goes into checkpoints, and to the next version of this hook when the jar is replaced during a run. */
    @Override
    public Map<String, Object> saveState() {
        return Map.of("steps", steps);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        steps = (Long) state.get("steps");
    }
}
