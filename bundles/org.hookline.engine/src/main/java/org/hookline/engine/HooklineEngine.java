// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.engine.internal.HookSource;
import org.hookline.engine.internal.RunRegistry;

/**
 * The engine as plain Java: hooks are given by {@link #add}, with or without OSGi round it. For any thread.
 *
 * <pre>{@code
 * var engine = new HooklineEngine();
 * engine.add(new MyHook(), Map.of("level", "NORMAL"));
 * Run run = engine.prepare("run", spec, folder, taskFactory.create(spec), event -> {});
 * RunResult result = run.execute();
 * }</pre>
 */
public final class HooklineEngine implements TrainingEngine {
    private final RunRegistry registry;
    // Below every service id of a framework, so that both kinds can be mixed.
    private final AtomicLong nextId = new AtomicLong(Long.MIN_VALUE);

    /** Makes an engine that waits up to 10 seconds for the next boundary when a hook goes. */
    public HooklineEngine() {
        this(Clock.systemUTC(), Duration.ofSeconds(10));
    }

    /**
     * Makes an engine.
     *
     * @param clock for time stamps
     * @param patience how long a hook that goes waits for the next boundary
     */
    public HooklineEngine(Clock clock, Duration patience) {
        registry = new RunRegistry(clock, patience);
    }

    /**
     * Adds a hook: to the runs that are prepared or running, at their next boundary, and to those to come.
     *
     * @param hook the hook
     * @param properties as {@link HookProperties} says; {@code component.name} gives its type
     * @return the handle that removes it; closing returns when the hook will not be called again
     */
    public Registration add(Hook hook, Map<String, ?> properties) {
        long id = nextId.getAndIncrement();
        registry.put(HookSource.of(id, hook, properties, HookSource.Origin.NONE));
        return new Registration() {
            @Override
            public void update(Map<String, ?> changed) {
                registry.put(HookSource.of(id, hook, changed, HookSource.Origin.NONE));
            }

            @Override
            public void close() {
                registry.remove(id);
            }
        };
    }

    /** Changes or removes what was added. */
    public interface Registration extends AutoCloseable {
        /**
         * Gives the hook other properties, from the next boundary on: another level, for example. Settings that were
         * offered to a {@link org.hookline.api.LiveHook} come into force at the same boundary.
         *
         * @param properties all of them
         */
        void update(Map<String, ?> properties);

        @Override
        void close();
    }

    @Override
    public Run prepare(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener,
            RunStart start) {
        return registry.prepare(id, spec, folder, task, listener, start);
    }

    @Override
    public Collection<Run> runs() {
        return registry.runs();
    }

    @Override
    public HookChange change() {
        return registry.change();
    }

    /**
     * Gives default hooks by constructor: a helper for {@link #add} that fills in name, level and place.
     *
     * @param type the hook's type and name
     * @param level its level
     * @return properties of a default hook
     */
    public static Map<String, Object> defaults(String type, int level) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("component.name", type);
        properties.put(HookProperties.LEVEL, level);
        properties.put(HookProperties.DEFAULT, true);
        return properties;
    }

    /** {@return the names of the hooks that are there, whatever run they belong to} */
    public List<String> hooks() {
        return registry.hooks();
    }
}
