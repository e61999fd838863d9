// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener.RunEvent;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunStart;
import org.hookline.engine.TrainingTask;
import org.hookline.engine.internal.HookSource;
import org.hookline.engine.internal.RunRegistry;

/** A run of the real engine, in this process and without OSGi, for tests of hooks. */
public final class HookRun {
    private final RunRegistry registry = new RunRegistry(Clock.systemUTC(), Duration.ofSeconds(5));
    private final List<RunEvent> events = new CopyOnWriteArrayList<>();
    private final Path folder;
    private final TrainingTask task;
    private final IdentityHashMap<Hook, Runnable> added = new IdentityHashMap<>();
    private long nextId = 1;
    private RunStart start = RunStart.FRESH;
    private Run run;

    /**
     * Makes a run without hooks.
     *
     * @param folder where it writes
     * @param task its mathematics
     */
    public HookRun(Path folder, TrainingTask task) {
        this.folder = folder;
        this.task = task;
    }

    /**
     * Adds a hook, also while the run goes on.
     *
     * @param level its level
     * @param hook the hook
     * @param properties more service properties, names and values in turn
     * @return its service id, for {@link #remove}
     */
    public long add(int level, Hook hook, Object... properties) {
        Map<String, Object> map = new HashMap<>();
        map.put("component.name", hook.getClass().getSimpleName());
        map.put(HookProperties.LEVEL, level);
        // Tests want to see failures, whatever the kind is.
        map.put(HookProperties.KIND, HookKind.TRAINING);
        for (int i = 0; i < properties.length; i += 2) {
            map.put((String) properties[i], properties[i + 1]);
        }
        long id = nextId++;
        added.put(hook, () -> registry.put(HookSource.of(id, hook, map, HookSource.Origin.NONE)));
        reconfigured(hook);
        return id;
    }

    /**
     * Tells the run that a hook was offered other settings, as its service does after the method with
     * {@code @Modified}.
     *
     * @param hook one that was added
     */
    public void reconfigured(Hook hook) {
        added.get(hook).run();
    }

    /**
     * Has the run go on from a checkpoint.
     *
     * @param checkpoint its folder, or that of a run with checkpoints
     * @return this
     */
    public HookRun resume(Path checkpoint) {
        start = new RunStart(Optional.empty(), Optional.of(Checkpoint.newest(checkpoint)));
        return this;
    }

    /**
     * Has the run begin with the weights of a file.
     *
     * @param weights the file
     * @return this
     */
    public HookRun weights(Path weights) {
        start = new RunStart(Optional.of(weights), Optional.empty());
        return this;
    }

    /**
     * Takes a hook out, also while the run goes on.
     *
     * @param id from {@link #add}
     */
    public void remove(long id) {
        registry.remove(id);
    }

    /**
     * Trains in epoch mode.
     *
     * @param epochs how many
     * @return how it ended
     */
    public RunResult epochs(int epochs) {
        return execute(Progress.Mode.BY_EPOCH, epochs, 0);
    }

    /**
     * Trains in iteration mode.
     *
     * @param iterations how many
     * @return how it ended
     */
    public RunResult iterations(long iterations) {
        return execute(Progress.Mode.BY_ITER, 0, iterations);
    }

    private RunResult execute(Progress.Mode mode, int epochs, long iterations) {
        RunSpec.Section none = new RunSpec.Section("none", Map.of());
        RunSpec spec = new RunSpec("test", 1, mode, epochs, iterations, "cpu", "fp32", 1, 0, none, none, none,
                List.of(), none, folder, Map.of());
        run = registry.prepare("test-run", spec, folder, task, events::add, start);
        return run.execute();
    }

    /**
     * Asks the run to stop, as a signal does.
     *
     * @param reason why
     */
    public void stop(String reason) {
        run.stop(reason);
    }

    /**
     * Gives the events of one type so far.
     *
     * @param type for example {@code evaluation}
     * @return their details, oldest first
     */
    public List<Map<String, Object>> events(String type) {
        List<Map<String, Object>> found = new ArrayList<>();
        events.stream().filter(e -> e.type().equals(type)).forEach(e -> found.add(e.details()));
        return found;
    }
}
