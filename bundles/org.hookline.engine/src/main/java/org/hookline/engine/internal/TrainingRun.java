// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.hookline.api.HookInfo;
import org.hookline.api.Hooks;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.SharedData;
import org.hookline.api.Stage;
import org.hookline.api.UserError;
import org.hookline.api.facet.Checkpoints;
import org.hookline.api.facet.Evaluation;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.ResumableTask;
import org.hookline.engine.Run;
import org.hookline.engine.RunListener;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunStart;
import org.hookline.engine.SpanListener;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** One run: the loop. */
public final class TrainingRun implements Run, RunState, TaskLink {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    /** A call of a hook that takes longer is reported; an evaluation inside a hook may well take a minute. */
    private static final Duration HOOK_LIMIT =
            Duration.ofMillis(Math.max(1, Long.getLong("hookline.hook.limit.ms", 120_000)));

    private final RunSpec spec;
    private final RunStart start;
    private final RunInfo info;
    private final TrainingTask task;
    private final LiveProgress progress;
    private final MetricStore metrics;
    private final HookSet hooks;
    private final HookCalls calls;
    private final Gate gate;
    private final SharedMap shared;
    private final EventLog events;
    private final AtomicReference<String> stopReason = new AtomicReference<>();
    private final AtomicReference<String> checkpointReason = new AtomicReference<>();
    private final Map<String, Evaluation.Result> evaluations = new LinkedHashMap<>();
    private final Runnable onEnd;
    private volatile Map<Class<?>, Object> facets = Map.of();
    private Checkpointer checkpointer;

    /** Made once: an iteration makes no objects. */
    private final Runnable boundaryOfHooks;

    private final BooleanSupplier goesOn = this::goesOn;
    private volatile boolean started;

    TrainingRun(String id, RunSpec spec, Path folder, TrainingTask task, RunListener listener, RunStart start,
            Clock clock, Duration patience, Collection<Change> changes, Runnable onEnd) {
        if (!(task instanceof ResumableTask) && (start.resume().isPresent() || start.weights().isPresent())) {
            throw new UserError("this trainer can neither resume nor load weights");
        }
        this.spec = spec;
        this.start = start;
        this.task = task;
        this.onEnd = onEnd;
        this.info = new RunInfo(id, spec.name(), folder, clock.instant(), spec.seed(), task.device(),
                spec.configuration());
        int inner = task.iterationsPerEpoch();
        long iterations = spec.mode() == Progress.Mode.BY_EPOCH ? (long) spec.epochs() * inner : spec.iterations();
        this.progress = new LiveProgress(spec.mode(),
                spec.mode() == Progress.Mode.BY_EPOCH ? spec.epochs() : 0, iterations, inner);
        this.metrics = new MetricStore(progress, task::read);
        this.gate = new Gate(progress);
        this.hooks = new HookSet(this, patience, changes, gate::wake);
        this.calls = hooks.calls();
        this.boundaryOfHooks = hooks::boundary;
        this.shared = new SharedMap(calls::current);
        this.events = new EventLog(folder, clock, listener);
    }

    HookSet hookSet() {
        return hooks;
    }

    @Override
    public RunResult execute() {
        if (started) {
            throw new IllegalStateException("run " + info.id() + " was started before");
        }
        started = true;
        Throwable failure = null;
        boolean hooksBegan = false;
        Watchdog watchdog = new Watchdog(this, calls::inside, HOOK_LIMIT);
        try {
            progress.start();
            events.start();
            task.open(this);
            facets = offered();
            loadWeights();
            hooks.start();
            takeUp();
            event("run_start", "run " + info.name() + (start.resume().isPresent() ? " goes on" : " starts") + " on "
                    + info.device(), startDetails());
            hooksBegan = true;
            calls.dispatch(Stage.BEFORE_TRAIN);
            boundary();
            if (spec.mode() == Progress.Mode.BY_EPOCH) {
                byEpoch();
            } else {
                byIteration();
            }
            if (checkpointer != null) {
                checkpointer.atEnd(Optional.ofNullable(stopReason.get()).orElse("end"));
            }
        } catch (Throwable t) {
            failure = t;
            // The user's mistake gets its line from whoever started the run.
            LOG.atLevel(t instanceof UserError ? Level.INFO : Level.ERROR).setCause(t).log(
                    "run {} failed at iteration {}: {}", info.name(), progress.iteration(), HookFailure.describe(t));
            if (hooksBegan) {
                calls.dispatchToAll(Stage.ON_EXCEPTION, t);
            }
        }
        progress.end();
        gate.end();
        if (hooksBegan) {
            Optional<HookFailure> late = calls.dispatchToAll(Stage.AFTER_TRAIN, null);
            if (failure == null && late.isPresent()) {
                failure = late.get();
            }
        }
        try {
            if (failure == null && checkpointer != null) {
                checkpointer.ended();
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
        if (checkpointer != null) {
            checkpointer.close();
        }
        watchdog.close();
        return end(failure);
    }

    private Map<Class<?>, Object> offered() {
        Map<Class<?>, Object> offered = new LinkedHashMap<>(task.facets());
        if (task instanceof ResumableTask resumable) {
            checkpointer = new Checkpointer(resumable, new CheckpointParts(), checkpointReason,
                    start.resume().map(Checkpoint::folder));
            offered.put(Checkpoints.class, checkpointer);
        }
        return Map.copyOf(offered);
    }

    private void loadWeights() throws IOException {
        if (start.weights().isPresent() && task instanceof ResumableTask resumable) {
            ResumableTask.Loaded loaded = resumable.loadWeights(start.weights().get());
            event("weights_loaded", loaded.text(), Map.of("file", loaded.file().toString(), "loaded", loaded.loaded(),
                    "missing", loaded.missing(), "unexpected", loaded.unexpected()));
        }
    }

    /**
     * Takes up the state of the checkpoint, if the run goes on from one: the task's, the run's and that of the hooks.
     */
    private void takeUp() {
        if (start.resume().isEmpty() || !(task instanceof ResumableTask resumable)) {
            return;
        }
        try (Checkpoint checkpoint = start.resume().get()) {
            NDManager scope = task.newScope();
            Map<String, Object> saved = Checkpointer.load(resumable, checkpoint, scope);
            new SavedRun(checkpoint.folder()).load(saved, progress, metrics);
            Map<String, HookState> states = SavedRun.hooks(saved);
            hooks.loadStates(states);
            if (!hooks.keepsStates()) {
                scope.close();
            }
            task.facets().values().stream().filter(Evaluation.class::isInstance).map(Evaluation.class::cast)
                    .flatMap(e -> e.latest().stream()).forEach(r -> evaluations.put(r.split(), r));
            event("run_resumed", "goes on from " + checkpoint.folder() + ", iteration " + progress.iteration(),
                    Map.of("checkpoint", checkpoint.folder().toString()));
        }
    }

    private void boundary() {
        if (checkpointer != null) {
            checkpointer.boundary();
        }
    }

    /** What of this run goes into checkpoints besides the task's state. */
    private final class CheckpointParts implements Checkpointer.Parts {
        private final AtomicReference<Map<String, HookState>> states = new AtomicReference<>(Map.of());

        @Override
        public String name() {
            return info.name();
        }

        @Override
        public String runFile() {
            // The command line writes the effective run file; without it JSON, which is YAML too.
            Path file = info.folder().resolve("effective.yaml");
            try {
                return Files.isRegularFile(file) ? Files.readString(file) : Json.line(spec.configuration()) + "\n";
            } catch (IOException e) {
                LOG.warn("{} cannot be read: {}", file, e.toString());
                return Json.line(spec.configuration()) + "\n";
            }
        }

        @Override
        public Map<String, Object> save() {
            Map<String, HookState> taken = hooks.saveStates();
            states.set(taken);
            return SavedRun.save(progress, metrics, taken);
        }

        @Override
        public void saved() {
            states.getAndSet(Map.of()).values().forEach(HookState::close);
        }

        @Override
        public long epoch() {
            return progress.iteration() / progress.innerIterations();
        }

        @Override
        public long iteration() {
            return progress.iteration();
        }

        @Override
        public void event(String type, long iteration, String text, Map<String, ?> details) {
            events.event(type, iteration, text, details);
        }
    }

    private RunResult end(Throwable failure) {
        RunResult.Outcome outcome = failure != null ? RunResult.Outcome.FAILED
                : stopReason.get() != null ? RunResult.Outcome.STOPPED : RunResult.Outcome.COMPLETED;
        RunResult result = new RunResult(outcome, Optional.ofNullable(stopReason.get()), Optional.ofNullable(failure),
                progress.iteration(), progress.elapsedSeconds(), List.copyOf(evaluations.values()));
        try {
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("outcome", outcome.name().toLowerCase(java.util.Locale.ROOT));
            result.reason().ifPresent(r -> details.put("reason", r));
            result.failure().ifPresent(f -> details.put("error", HookFailure.describe(f)));
            details.put("epoch", progress.epoch());
            details.put("steps", progress.steps());
            details.put("samples", progress.samples());
            details.put("seconds", result.seconds());
            details.put("paused_seconds", progress.pausedSeconds());
            details.put("hooks", hooks.list().stream().map(TrainingRun::costs).toList());
            event("run_end", "run " + info.name() + " " + details.get("outcome")
                    + result.reason().map(r -> " (" + r + ")").orElse("") + " after " + result.iterations()
                    + " iterations", details);
        } catch (RuntimeException e) {
            LOG.error("the end of run {} cannot be recorded: {}", info.name(), HookFailure.describe(e), e);
        } finally {
            hooks.end();
            metrics.close();
            shared.clear();
            events.close();
            try {
                task.close();
            } finally {
                onEnd.run();
            }
        }
        return result;
    }

    private Map<String, Object> startDetails() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("run", info.name());
        details.put("id", info.id());
        details.put("seed", info.seed());
        details.put("device", info.device());
        details.put("mode", spec.mode().name().toLowerCase(java.util.Locale.ROOT));
        details.put("epochs", progress.epochs());
        details.put("iterations", progress.iterations());
        start.resume().ifPresent(c -> details.put("resumed_from", c.folder().toString()));
        details.put("hooks", hooks.list().stream().map(TrainingRun::place).toList());
        return details;
    }

    private static Map<String, Object> place(HookInfo hook) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("order", hook.order());
        map.put("name", hook.name());
        map.put("type", hook.type());
        map.put("level", hook.level());
        map.put("bundle", hook.bundle());
        map.put("version", hook.version());
        return map;
    }

    private static Map<String, Object> costs(HookInfo hook) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", hook.name());
        map.put("state", hook.state().name().toLowerCase(java.util.Locale.ROOT));
        map.put("calls", hook.calls());
        map.put("total_ms", hook.totalNanos() / 1e6);
        return map;
    }

    private void byEpoch() throws Exception {
        int first = (int) (progress.iteration() / progress.innerIterations());
        int skip = (int) (progress.iteration() % progress.innerIterations());
        for (int epoch = first; epoch < spec.epochs() && goesOn(); epoch++, skip = 0) {
            progress.epochStarts(epoch, skip);
            task.beginEpoch(epoch, skip);
            hooks.boundary();
            hooks.epoch(true);
            calls.dispatch(Stage.BEFORE_TRAIN_EPOCH);
            while (progress.innerIteration() < progress.innerIterations() && goesOn()) {
                iteration();
                if (progress.innerIteration() < progress.innerIterations()) {
                    boundary();
                }
            }
            if (progress.innerIteration() == progress.innerIterations()) {
                calls.dispatch(Stage.AFTER_TRAIN_EPOCH);
            }
            hooks.epoch(false);
            boundary();
        }
    }

    private void byIteration() throws Exception {
        int inner = progress.innerIterations();
        boolean begun = false;
        while (progress.iteration() < progress.iterations() && goesOn()) {
            int skip = (int) (progress.iteration() % inner);
            if (skip == 0 || !begun) {
                int epoch = Math.toIntExact(progress.iteration() / inner);
                progress.epochStarts(epoch, skip);
                task.beginEpoch(epoch, skip);
                begun = true;
            }
            iteration();
            boundary();
        }
    }

    private boolean goesOn() {
        return stopReason.get() == null;
    }

    private void iteration() throws Exception {
        hooks.boundary();
        gate.pass(boundaryOfHooks, goesOn);
        if (!goesOn()) {
            return;
        }
        long start = System.nanoTime();
        int size = task.nextBatch();
        progress.batch(size, (System.nanoTime() - start) * 1e-9);
        try {
            calls.dispatch(Stage.BEFORE_TRAIN_ITER);
            task.forward();
            calls.dispatch(Stage.AFTER_TRAIN_ITER);
        } finally {
            task.endIteration();
        }
        metrics.iterationDone();
        progress.iterationDone();
    }

    // ---- for whoever started the run

    @Override
    public RunInfo info() {
        return info;
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public Hooks hooks() {
        return hooks;
    }

    @Override
    public void stop(String reason) {
        if (stopReason.compareAndSet(null, reason)) {
            event("stop", "stop: " + reason, Map.of("reason", reason));
            gate.wake();
        }
    }

    @Override
    public void pause() {
        if (!gate.isShut()) {
            gate.shut(true);
            event("pause", "paused", Map.of());
        }
    }

    @Override
    public void resume() {
        if (gate.isShut()) {
            event("resume", "goes on", Map.of("paused_seconds", progress.pausedSeconds()));
            gate.shut(false);
        }
    }

    @Override
    public Hold hold() {
        gate.hold(true);
        AtomicBoolean open = new AtomicBoolean(true);
        return () -> {
            if (open.getAndSet(false)) {
                gate.hold(false);
            }
        };
    }

    @Override
    public boolean paused() {
        return gate.isShut();
    }

    @Override
    public boolean held() {
        return gate.holding();
    }

    @Override
    public CompletableFuture<Void> betweenIterations(Runnable work) {
        return gate.ask(work);
    }

    @Override
    public boolean enable(String hook, boolean enabled) {
        return hooks.setEnabled(hook, enabled);
    }

    @Override
    public boolean move(String hook, int level) {
        return hooks.setLevel(hook, level);
    }

    @Override
    public void checkpoint(String reason) {
        requestCheckpoint(reason);
    }

    @Override
    public <F> Optional<F> findFacet(Class<F> type) {
        return Optional.ofNullable(facets.get(type)).map(type::cast);
    }

    @Override
    public Optional<String> stopReason() {
        return Optional.ofNullable(stopReason.get());
    }

    // ---- for hooks

    @Override
    public Metrics metrics() {
        return metrics;
    }

    @Override
    public SharedData shared() {
        return shared;
    }

    @Override
    public Map<Class<?>, Object> facets() {
        return facets;
    }

    @Override
    public NDManager newScope() {
        return task.newScope();
    }

    @Override
    public void requestCheckpoint(String reason) {
        checkpointReason.set(reason);
    }

    @Override
    public void event(String type, String text, Map<String, ?> details) {
        events.event(type, progress.iteration(), text, details);
    }

    @Override
    public void eventLater(String type, String text, Map<String, ?> details) {
        events.later(type, progress.iteration(), text, details);
    }

    // ---- for the task

    @Override
    public void optimizerStepped() {
        progress.stepped();
        calls.dispatch(Stage.AFTER_OPTIMIZER_STEP);
    }

    @Override
    public void spans(SpanListener listener) {
        calls.spans(listener);
    }

    @Override
    public void evaluationStarts() {
        calls.dispatch(Stage.BEFORE_EVALUATE);
    }

    @Override
    public void evaluationEnded(Evaluation.Result result) {
        evaluations.remove(result.split());
        evaluations.put(result.split(), result);
        result.values().forEach((name, value) -> metrics.put(result.split() + "/" + name, value, false));
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("split", result.split());
        details.put("epoch", result.epoch());
        details.put("samples", result.samples());
        details.put("seconds", result.seconds());
        details.putAll(result.values());
        event("evaluation", "evaluation of " + result.split() + ": " + result.values(), details);
        calls.dispatch(Stage.AFTER_EVALUATE);
    }
}
