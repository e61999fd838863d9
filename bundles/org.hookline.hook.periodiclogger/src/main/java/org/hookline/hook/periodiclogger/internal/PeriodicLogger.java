// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.HookProperties;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Hands the metrics to the writers: at each period, at the end of each epoch, after each evaluation and at the end of
 * the run. The device is read once for each period, and only here. What hooks behind this one put into the metrics goes
 * with the record after.
 *
 * <p>A run that goes on from a checkpoint gives the writers the records that it would have given had it not stopped:
 * what was sent is this hook's state, and the writers are told what to take back.
 *
 * <p>Writers are services and may come and go while a run goes on. Each is called on a thread of its own, so that one
 * that is slow, hangs or throws costs the training nothing; see {@link WriterLink}.
 */
@Component(service = Hook.class, name = "PeriodicLogger", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = PeriodicLoggerConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
public final class PeriodicLogger implements StatefulHook, LiveHook<LoggerSettings> {
    private final LiveSettings<LoggerSettings> given;
    private final Writers writers = new Writers();
    private LoggerSettings settings = LoggerSettings.DEFAULT;
    private Records records;
    private Optional<SavedRecords> restored = Optional.empty();

    /** The iteration that began last; while it goes on it is not counted. */
    private long began;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public PeriodicLogger(PeriodicLoggerConfig config) {
        given = LiveSettings.of(() -> LoggerSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(PeriodicLoggerConfig config) {
        given.offer(() -> LoggerSettings.of(config));
    }

    @Override
    public LiveSettings<LoggerSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings when what is handed to the writers
     */
    public PeriodicLogger(LoggerSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    /**
     * A writer came; for any thread. It is bound by method and kept by service id: SCR's dynamic list fields go stale.
     *
     * @param writer the writer
     * @param properties of its service
     */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY, updated = "updatedWriter")
    public void bindWriter(LogWriter writer, Map<String, ?> properties) {
        writers.put(id(properties), new Writers.Bound(
                text(properties.get("component.name"), writer.getClass().getSimpleName()),
                text(properties.get(HookProperties.RUN_ID), ""), writer));
    }

    /**
     * A writer's properties changed; for any thread.
     *
     * @param writer the writer
     * @param properties of its service
     */
    public void updatedWriter(LogWriter writer, Map<String, ?> properties) {
        bindWriter(writer, properties);
    }

    /**
     * A writer goes; for any thread. Returns when it was closed, within the time limit.
     *
     * @param writer the writer
     * @param properties of its service
     */
    public void unbindWriter(LogWriter writer, Map<String, ?> properties) {
        writers.remove(id(properties));
    }

    private static long id(Map<String, ?> properties) {
        return (Long) properties.get("service.id");
    }

    private static String text(Object value, String otherwise) {
        return value == null || value.toString().isBlank() ? otherwise : value.toString();
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        settings = given.get();
        began = -1;
        List<String> splits = context.findFacet(Evaluation.class).map(Evaluation::splits).orElse(List.of());
        records = new Records(settings.window(), splits, context.metrics(), context.progress(), context.late(),
                restored);
        // A hook that takes another one's place in a run has its state too; the writers then go on as they are.
        boolean resumed = restored.isPresent() && !context.late();
        restored = Optional.empty();
        long at = context.progress().iteration();
        writers.start(context.run(), settings,
                resumed ? Optional.of(new Writers.Resumption(at, records.of(at))) : Optional.empty());
    }

    @Override
    public void settingsChanged(TrainingContext context, LoggerSettings before) {
        LoggerSettings now = given.get();
        LiveSettings.fixed("PeriodicLogger: queue", before.queue(), now.queue());
        LiveSettings.fixed("PeriodicLogger: writer_timeout", before.writerTimeout(), now.writerTimeout());
        LiveSettings.fixed("PeriodicLogger: close_timeout", before.closeTimeout(), now.closeTimeout());
        settings = now;
        records.smoothOver(now.window());
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        began = context.progress().iteration();
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        records.collect();
        if (settings.due(context.progress())) {
            hand(context, records.training(context.progress()));
        }
    }

    @Override
    public void afterEvaluate(TrainingContext context) {
        if (records == null) {
            // A hook behind this one evaluates in its afterTrain: the writers have been closed.
            return;
        }
        int uncounted = context.progress().iteration() == began ? 1 : 0;
        for (LogRecord entry : records.evaluation(context.progress(), uncounted)) {
            hand(context, entry);
        }
    }

    @Override
    public void afterTrain(TrainingContext context) {
        if (records == null) {
            // Another hook failed the run before this one heard of it.
            return;
        }
        writers.offer(records.end(context.progress()));
        records = null;
        report(context, writers.stop());
    }

    private void hand(TrainingContext context, LogRecord entry) {
        writers.offer(entry);
        report(context, writers.takeProblems());
    }

    private static void report(TrainingContext context, List<Writers.Problem> problems) {
        for (Writers.Problem problem : problems) {
            context.event("writer_quarantined", Map.of("writer", problem.writer(), "error", problem.error()));
        }
    }

    @Override
    public Map<String, Object> saveState() {
        Optional<SavedRecords> now = records == null ? restored : Optional.of(records.save());
        return now.map(SavedRecords::save).orElse(Map.of());
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion()) {
            throw new IllegalArgumentException("state version is " + version + ", expected " + stateVersion());
        }
        restored = state.isEmpty() ? Optional.empty() : Optional.of(SavedRecords.read(state));
    }

    /** The hook goes, maybe in the middle of a run: the writers are closed, within the time limit. */
    @Deactivate
    public void deactivate() {
        writers.stop();
    }
}
