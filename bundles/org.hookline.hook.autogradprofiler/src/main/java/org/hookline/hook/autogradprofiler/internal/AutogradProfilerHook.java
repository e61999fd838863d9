// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Profiler;
import org.hookline.api.facet.Profiler.Recording;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Traces of chosen iterations, with the calls of all hooks in them. An iteration is asked for before it begins, so that the
 * wait for its batch and the hooks of every level are in its trace; files are written in an iteration that is not recorded.
 */
@Component(service = Hook.class, name = "AutogradProfilerHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ProfilerConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class AutogradProfilerHook implements Hook {
    private static final Logger LOG = LoggerFactory.getLogger(AutogradProfilerHook.class);

    /** Recordings that wait for a quiet iteration. */
    private static final int MOST_WAITING = 16;

    private final ProfilerConfig config;
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
        this.config = config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        plan = new Plan(config);
        if (config.top() < 0) {
            throw new UserError("AutogradProfilerHook: top is " + config.top() + ", expected 0 or more");
        }
        if (context.findFacet(Profiler.class).isEmpty()) {
            throw new UserError("AutogradProfilerHook: this trainer cannot be profiled; leave the hook out");
        }
        waiting.clear();
        before = context.progress().iteration();
        prepare(context, before + 1);
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
            context.event("profiler_trace", Map.of("iteration", recording.iteration(), "file", trace.getFileName().toString(),
                    "ms", millis, "spans", recording.spans().size()));
        }
    }
}
