// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Profiler;
import org.hookline.api.facet.Profiler.Recording;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Traces of chosen iterations, with the calls of all hooks in them. An iteration is asked for before it begins, so that
 * the wait for its batch and the hooks of every level are in its trace; files are written in an iteration that is not
 * recorded.
 */
@Component(service = Hook.class, name = "AutogradProfilerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ProfilerConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class AutogradProfilerHook implements LiveHook<ProfilerConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(AutogradProfilerHook.class);

    /** Recordings that wait for a quiet iteration. */
    private static final int MOST_WAITING = 16;

    private final LiveSettings<ProfilerConfig> given;
    private ProfilerConfig config;
    private final List<Recording> waiting = new ArrayList<>();
    private Plan plan;
    private long before;

    /**
     * Makes the hook from its configuration, which is checked when a run begins.
     *
     * @param config the parameters
     */
    @Activate
    public AutogradProfilerHook(ProfilerConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(ProfilerConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<ProfilerConfig> liveSettings() {
        return given;
    }

    private static ProfilerConfig checked(ProfilerConfig config) {
        new Plan(config);
        if (config.top() < 0) {
            throw new UserError("AutogradProfilerHook: top is " + config.top() + ", expected 0 or more");
        }
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        plan = new Plan(config);
        if (context.findFacet(Profiler.class).isEmpty()) {
            throw new UserError("AutogradProfilerHook: this trainer cannot be profiled; leave the hook out");
        }
        waiting.clear();
        before = context.progress().iteration();
        prepare(context, before + 1);
    }

    @Override
    public void settingsChanged(TrainingContext context, ProfilerConfig before) {
        ProfilerConfig now = given.get();
        LiveSettings.fixed("AutogradProfilerHook: iterations", Arrays.toString(before.iterations()),
                Arrays.toString(now.iterations()));
        LiveSettings.fixed("AutogradProfilerHook: skip", before.skip(), now.skip());
        LiveSettings.fixed("AutogradProfilerHook: warmup", before.warmup(), now.warmup());
        LiveSettings.fixed("AutogradProfilerHook: active", before.active(), now.active());
        LiveSettings.fixed("AutogradProfilerHook: repeat", before.repeat(), now.repeat());
        config = now;
    }

    private void prepare(TrainingContext context, long iteration) {
        if (iteration <= context.progress().iterations() && plan.action(iteration, before) != Plan.Action.NONE) {
            Path scratch = context.run().folder().resolve("profiler-trace-iter" + iteration + ".recording");
            context.facet(Profiler.class).recordNext(scratch, config.shapes());
        }
    }

    @Override
    public void beforeTrainIter(TrainingContext context) throws IOException {
        take(context);
        boolean quiet = plan.action(context.progress().iteration() + 1, before) == Plan.Action.NONE;
        if (quiet || waiting.size() >= MOST_WAITING) {
            write(context);
        }
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        // This iteration is not counted yet: the next one is two further than what is done.
        prepare(context, context.progress().iteration() + 2);
    }

    @Override
    public void afterTrain(TrainingContext context) throws IOException {
        if (plan != null) {
            take(context);
            write(context);
        }
    }

    private void take(TrainingContext context) {
        context.findFacet(Profiler.class).flatMap(Profiler::take)
                .filter(r -> plan.action(r.iteration(), before) == Plan.Action.WRITE).ifPresent(waiting::add);
    }

    private void write(TrainingContext context) throws IOException {
        while (!waiting.isEmpty()) {
            Recording recording = waiting.removeFirst();
            Path folder = context.run().folder();
            String name = "profiler-trace-iter" + recording.iteration();
            Path trace = folder.resolve(name + ".json");
            ChromeTrace.write(recording, context.run().name(), trace);
            OperationTable table = new OperationTable(recording);
            Files.writeString(folder.resolve(name + ".txt"), table.show(Integer.MAX_VALUE), StandardCharsets.UTF_8);
            double millis = recording.spans().getFirst().nanos() / 1e6;
            if (config.top() > 0) {
                LOG.info("iteration {} took {} ms; most expensive by their own time, all in {}.txt:\n{}",
                        recording.iteration(), millis, name, table.show(config.top()).stripTrailing());
            }
            context.event("profiler_trace", Map.of("iteration", recording.iteration(),
                    "file", trace.getFileName().toString(), "ms", millis, "spans", recording.spans().size()));
        }
    }
}
