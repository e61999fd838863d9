// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.Metrics;
import org.hookline.api.OnError;
import org.hookline.api.Progress;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Checkpoints;
import org.hookline.api.facet.Evaluation;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.checkpoint.CheckpointWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints into {@code checkpoints/} of the run's folder: by epochs and iterations, at the end, when a person
 * asks for one, and when a metric is among its best. {@code latest} and {@code best} are links there.
 *
 * <p>A checkpoint that cannot be written is reported and the run goes on, as the weights in memory are worth more; only
 * the last one failing fails the run.
 */
@Component(service = Hook.class, name = "CheckPointHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = CheckPointConfig.class, factory = true)
@Level("NORMAL")
@HookKind(HookKind.OBSERVER)
@OnError(onError = "abort")
public final class CheckPointHook implements StatefulHook, LiveHook<CheckPointSettings> {
    private static final Logger LOG = LoggerFactory.getLogger(CheckPointHook.class);

    private static final String LATEST = "latest";
    private static final String BEST = "best";
    private static final String ABANDONED = "abandoned";

    private final LiveSettings<CheckPointSettings> given;
    private CheckPointSettings settings = CheckPointSettings.DEFAULT;
    private Checkpoints checkpoints;
    private Path folder;
    private Shelf shelf;
    private List<Shelf.Entry> restored = List.of();
    private boolean failed;
    private long leftOut;
    private CompletableFuture<Void> tidied = CompletableFuture.completedFuture(null);
    private Optional<String> endName = Optional.empty();
    private volatile Audit audit = Audit.NONE;

    /** How many values the metric had when it was last looked at. */
    private long seen;

    /** Iterations of the checkpoint that was asked for last. */
    private long askedAt = -1;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public CheckPointHook(CheckPointConfig config) {
        given = LiveSettings.of(() -> CheckPointSettings.of(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(CheckPointConfig config) {
        given.offer(() -> CheckPointSettings.of(config));
    }

    /** A hook that has left a run gets no {@code afterTrain}. */
    @Deactivate
    void deactivate() {
        audit.stop();
    }

    @Override
    public LiveSettings<CheckPointSettings> liveSettings() {
        return given;
    }

    /**
     * Makes the hook for use without OSGi.
     *
     * @param settings when what is written
     */
    public CheckPointHook(CheckPointSettings settings) {
        given = LiveSettings.of(() -> settings);
    }

    @Override
    public void beforeTrain(TrainingContext context) throws IOException {
        settings = given.get();
        failed = false;
        askedAt = -1;
        leftOut = 0;
        endName = Optional.empty();
        checkpoints = context.facet(Checkpoints.class);
        folder = context.run().folder().resolve(settings.folder());
        shelf = new Shelf(settings.keep(), settings.topK(), higherIsBetter(context));
        // Where this hook takes another one's place, that one's last checkpoint may still be being written there.
        checkpoints.newest().ifPresent(CheckPointHook::failure);
        CheckpointWriter.clean(folder);
        if (checkpoints.resumedFrom().isPresent() || !restored.isEmpty()) {
            takeUp(context);
        }
        restored = List.of();
        seen = context.metrics().series(settings.metric()).map(Metrics.Series::count).orElse(0L);
        if (settings.saveLast()) {
            checkpoints.saveAtEnd(reason -> end(context, reason));
        }
        if (settings.exportParams()) {
            checkpoints.exportAtEnd(context.run().folder().resolve("weights/final-0000.params"));
        }
    }

    @Override
    public void settingsChanged(TrainingContext context, CheckPointSettings before) {
        CheckPointSettings now = given.get();
        LiveSettings.fixed("CheckPointHook: folder", before.folder(), now.folder());
        LiveSettings.fixed("CheckPointHook: metric", before.metric(), now.metric());
        LiveSettings.fixed("CheckPointHook: mode", before.mode(), now.mode());
        LiveSettings.fixed("CheckPointHook: save_last", before.saveLast(), now.saveLast());
        LiveSettings.fixed("CheckPointHook: export_params", before.exportParams(), now.exportParams());
        settings = now;
        shelf.keep(now.keep(), now.topK());
    }

    private boolean higherIsBetter(TrainingContext context) {
        if (settings.metric().isEmpty() || !settings.mode().equals("auto")) {
            return settings.mode().equals("max");
        }
        String metric = settings.metric().substring(settings.metric().indexOf('/') + 1);
        if (metric.equals("loss")) {
            return false;
        }
        return context.findFacet(Evaluation.class).stream().flatMap(e -> e.metrics().stream())
                .filter(m -> m.name().equals(metric)).map(Evaluation.MetricInfo::higherIsBetter).findFirst()
                .orElseThrow(() -> new UserError("CheckPointHook: mode is auto, but whether a higher "
                        + settings.metric() + " is better is not known; set mode to max or min"));
    }

    /**
     * Goes on with the checkpoints that there are. What lies there of a future that this run does not have is put
     * aside, not deleted. The one that the run goes on from was read in full already; the others are read while it
     * trains.
     */
    private void takeUp(TrainingContext context) throws IOException {
        long at = context.progress().iteration();
        List<Path> unread = new ArrayList<>();
        for (Checkpoint.Listed found : Checkpoint.list(folder)) {
            String name = found.folder().getFileName().toString();
            if (found.iteration() > at) {
                LOG.info("{} is after iteration {}, from which the run goes on: put aside as {}", found.folder(), at,
                        putAside(folder, name));
                continue;
            }
            shelf.add(restored.stream().filter(e -> e.name().equals(name)).findFirst()
                    .orElseGet(() -> new Shelf.Entry(name, found.iteration(), Double.NaN, false)));
            if (!context.late() && !same(found.folder(), checkpoints.resumedFrom())) {
                unread.add(found.folder());
            }
        }
        Shelf shelfNow = shelf;
        Path folderNow = folder;
        audit = new Audit(unread, path -> Checkpoint.open(path).close(), (path, e) -> damaged(shelfNow, folderNow,
                path, e));
    }

    private static boolean same(Path path, Optional<Path> other) throws IOException {
        return other.isPresent() && Files.exists(other.get()) && Files.isSameFile(path, other.get());
    }

    /** On the thread of the audit. */
    private static void damaged(Shelf shelfNow, Path folderNow, Path path, UserError error) {
        String name = path.getFileName().toString();
        // One that is no longer on the shelf was deleted while it was being read.
        if (!shelfNow.remove(name)) {
            return;
        }
        try {
            LOG.warn("{}; it is put aside as {}", error.getMessage(), putAside(folderNow, name));
            linkBest(shelfNow, folderNow);
        } catch (IOException e) {
            LOG.warn("{}; it cannot be put aside: {}", error.getMessage(), e.toString());
        }
    }

    private static Path putAside(Path folder, String name) throws IOException {
        Path aside = free(folder.resolve(ABANDONED), name);
        Files.createDirectories(aside.getParent());
        return Files.move(folder.resolve(name), aside);
    }

    private static Path free(Path parent, String name) {
        Path path = parent.resolve(name);
        for (int n = 2; Files.exists(path); n++) {
            path = parent.resolve(name + "-" + n);
        }
        return path;
    }

    @Override
    public void afterTrainIter(TrainingContext context) {
        Progress p = context.progress();
        // In epoch mode the last iteration of an epoch ends with the epoch, after whose hooks the boundary is.
        if (p.mode() == Progress.Mode.BY_ITER || p.innerIteration() + 1 < p.innerIterations()) {
            look(context, p.iteration() + 1, p);
        }
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) {
        look(context, context.progress().iteration(), context.progress());
    }

    private void look(TrainingContext context, long completed, Progress p) {
        Optional<String> due = settings.due(completed, p.innerIterations(), p.iterations());
        double score = Double.NaN;
        Optional<Metrics.Series> series = settings.metric().isEmpty() ? Optional.empty()
                : context.metrics().series(settings.metric());
        if (series.isPresent() && series.get().count() > seen) {
            seen = series.get().count();
            score = series.get().latest();
        }
        Optional<String> reason = checkpoints.takeRequest();
        if (reason.isEmpty() && due.isPresent() && completed < p.iterations() && busy()) {
            leftOut++;
            LOG.debug("the checkpoint of {} is left out: the one before is still being written", due.get());
        } else if (reason.isEmpty()) {
            reason = due;
        }
        if (shelf.wouldBeBest(score)) {
            String best = "best " + settings.metric();
            reason = Optional.of(reason.map(r -> r + ", " + best).orElse(best));
        }
        if (reason.isPresent()) {
            String name = name(completed, p);
            plan(name, reason.get(), completed, score);
            Shelf shelfNow = shelf;
            Path folderNow = folder;
            tidied = checkpoints.save(folder.resolve(name), reason.get()).handle((path, failure) -> {
                follow(shelfNow, folderNow, name, failure);
                return null;
            });
        }
    }

    private boolean busy() {
        return !settings.waitForDisk() && checkpoints.newest().filter(n -> !n.isDone()).isPresent();
    }

    private String name(long completed, Progress p) {
        String name = completed % p.innerIterations() == 0 ? "epoch-%04d".formatted(completed / p.innerIterations())
                : "iter-%09d".formatted(completed);
        return free(folder, name).getFileName().toString();
    }

    /** Its own state, which holds the shelf, goes into the checkpoint: it is on it before it is written. */
    private void plan(String name, String reason, long completed, double score) {
        askedAt = completed;
        shelf.add(new Shelf.Entry(name, completed, score, reason.startsWith("end")));
    }

    /** Tidies up after a checkpoint, on the thread that wrote it. */
    private static void follow(Shelf shelfNow, Path folderNow, String name, Throwable failure) {
        if (failure != null) {
            shelfNow.remove(name);
            return;
        }
        try {
            CheckpointWriter.link(folderNow, LATEST, name);
            linkBest(shelfNow, folderNow);
            for (Shelf.Entry gone : shelfNow.surplus()) {
                CheckpointWriter.delete(folderNow.resolve(gone.name()));
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("checkpoints in {} cannot be tidied up: {}", folderNow, e.toString());
        }
    }

    private static void linkBest(Shelf shelfNow, Path folderNow) throws IOException {
        synchronized (shelfNow) {
            Optional<String> best = shelfNow.top().map(Shelf.Entry::name)
                    .filter(n -> Files.isDirectory(folderNow.resolve(n)));
            if (best.isPresent()) {
                CheckpointWriter.link(folderNow, BEST, best.get());
            }
        }
    }

    private Optional<Path> end(TrainingContext context, String reason) {
        Progress p = context.progress();
        if (p.iteration() == 0 || askedAt == p.iteration() || (askedAt < 0 && thereAtStart(p))) {
            return Optional.empty();
        }
        String name = name(p.iteration(), p);
        plan(name, "end", p.iteration(), Double.NaN);
        endName = Optional.of(name);
        LOG.debug("the run ends ({}): checkpoint {}", reason, name);
        return Optional.of(folder.resolve(name));
    }

    /** A run that was resumed and stopped before its first iteration has nothing new to say. */
    private boolean thereAtStart(Progress p) {
        return shelf.newest().filter(e -> e.iteration() == p.iteration()).isPresent();
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        failed = true;
    }

    @Override
    public void afterTrain(TrainingContext context) throws IOException {
        if (checkpoints == null) {
            return;
        }
        Optional<Throwable> last = checkpoints.newest().flatMap(CheckPointHook::failure);
        tidied.join();
        endName.ifPresent(name -> follow(shelf, folder, name, last.orElse(null)));
        boolean exportsBest = !failed && settings.exportParams() && !settings.metric().isEmpty();
        if (!exportsBest) {
            audit.stop();
        }
        audit.close();
        if (failed) {
            return;
        }
        if (leftOut > 0) {
            LOG.info("{} checkpoints that were due were left out: the disk was still busy with the one before",
                    leftOut);
        }
        if (last.isPresent()) {
            throw new IOException("the last checkpoint could not be written: " + last.get().getMessage(), last.get());
        }
        Optional<Path> best = shelf.top().map(e -> folder.resolve(e.name())).filter(Files::isDirectory);
        if (exportsBest && best.isPresent()) {
            checkpoints.exportParameters(best, context.run().folder().resolve("weights/best-0000.params"));
        }
    }

    private static Optional<Throwable> failure(CompletableFuture<Path> outcome) {
        try {
            outcome.join();
            return Optional.empty();
        } catch (CompletionException e) {
            return Optional.of(e.getCause());
        } catch (CancellationException e) {
            return Optional.of(e);
        }
    }

    @Override
    public Map<String, Object> saveState() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("checkpoints", shelf == null ? List.of() : shelf.save());
        return state;
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get("checkpoints") instanceof List<?> list)) {
            throw new IllegalArgumentException("state of version " + version + " with " + state.keySet()
                    + ", expected version " + stateVersion() + " with checkpoints");
        }
        restored = Shelf.read(list);
    }
}
