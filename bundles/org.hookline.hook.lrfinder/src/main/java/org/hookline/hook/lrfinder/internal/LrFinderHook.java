// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrfinder.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.hookline.api.Hook;
import org.hookline.api.HookKind;
import org.hookline.api.Level;
import org.hookline.api.LiveHook;
import org.hookline.api.LiveSettings;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.RandomNumbers;
import org.hookline.api.facet.Snapshots;
import org.hookline.hook.lrfinder.internal.RangeTest.Point;
import org.hookline.plot.Plot;
import org.hookline.plot.PngPlot;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a learning rate: over the first optimizer steps it lets the learning rate rise, keeps the loss of each, and
 * then puts parameters, buffers and optimizer back as they were. The curve is a picture and a table in the run's
 * folder.
 *
 * <p>It stands behind the hook that steps and the one that schedules: what the schedule set is kept for it, so that it
 * does not take the search for somebody's wish. Reading the loss of each step waits for the device; that is its job.
 */
@Component(service = Hook.class, name = "LRFinderHook", configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = LrFinderConfig.class, factory = true)
@Level("HIGH")
@HookKind(HookKind.TRAINING)
public final class LrFinderHook implements StatefulHook, LiveHook<LrFinderConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(LrFinderHook.class);
    private static final int WIDTH = 900;
    private static final int HEIGHT = 540;
    private static final String DONE = "done";

    private final LiveSettings<LrFinderConfig> given;
    private LrFinderConfig config;
    private RangeTest test;
    private String then = "";
    private Snapshots.Snapshot before;
    private boolean done;

    /** What the schedule set, while a try is in its place. */
    private double scheduled;

    private double lossSum;
    private int losses;

    /**
     * Makes the hook from its configuration, which is checked when a run begins: an error then has a run to be reported
     * in.
     *
     * @param config the parameters
     */
    @Activate
    public LrFinderHook(LrFinderConfig config) {
        given = LiveSettings.of(() -> checked(config));
    }

    /**
     * Takes other parameters, from the next iteration on.
     *
     * @param config the parameters
     */
    @Modified
    void modified(LrFinderConfig config) {
        given.offer(() -> checked(config));
    }

    @Override
    public LiveSettings<LrFinderConfig> liveSettings() {
        return given;
    }

    private static LrFinderConfig checked(LrFinderConfig config) {
        RangeTest.choice("then", config.then(), List.of("stop", "continue", "apply"));
        RangeTest.of(config);
        return config;
    }

    @Override
    public void beforeTrain(TrainingContext context) {
        config = given.get();
        then = RangeTest.choice("then", config.then(), List.of("stop", "continue", "apply"));
        test = RangeTest.of(config);
        context.facet(Snapshots.class);
    }

    @Override
    public void settingsChanged(TrainingContext context, LrFinderConfig before) {
        LrFinderConfig now = given.get();
        LiveSettings.fixed("LRFinderHook: min_lr", before.minLr(), now.minLr());
        LiveSettings.fixed("LRFinderHook: max_lr", before.maxLr(), now.maxLr());
        LiveSettings.fixed("LRFinderHook: steps", before.steps(), now.steps());
        LiveSettings.fixed("LRFinderHook: mode", before.mode(), now.mode());
        LiveSettings.fixed("LRFinderHook: smoothing", before.smoothing(), now.smoothing());
        LiveSettings.fixed("LRFinderHook: diverge_factor", before.divergeFactor(), now.divergeFactor());
        LiveSettings.fixed("LRFinderHook: then", before.then(), now.then());
        config = now;
    }

    @Override
    public void beforeTrainIter(TrainingContext context) {
        if (done) {
            return;
        }
        if (before == null) {
            if (!context.gradients().firstOfStep()) {
                // It came in the middle of an accumulation, half of which would be of another learning rate.
                return;
            }
            before = context.facet(Snapshots.class).take();
        }
        scheduled = context.stepper().learningRate();
        context.stepper().setLearningRate(test.next());
    }

    @Override
    public void afterTrainIter(TrainingContext context) throws IOException {
        if (done || before == null) {
            return;
        }
        context.stepper().setLearningRate(scheduled);
        lossSum += context.metrics().series("loss").orElseThrow().latest();
        losses++;
        if (context.gradients().lastOfStep()) {
            boolean goesOn = test.add(lossSum / losses);
            lossSum = 0;
            losses = 0;
            if (!goesOn) {
                finish(context, then);
            }
        }
    }

    private void finish(TrainingContext context, String next) throws IOException {
        done = true;
        before.restore();
        close();
        context.stepper().setLearningRate(scheduled);
        // What follows does not depend on how much the search drew.
        context.findFacet(RandomNumbers.class)
                .ifPresent(r -> r.seed(context.run().seed(), context.progress().iteration() + 1));
        OptionalDouble found = test.suggestion();
        Path folder = report(context, found);
        String text = found.isPresent() ? "learning rate " + show(found.getAsDouble()) + " suggested"
                : "no learning rate suggested: the loss falls nowhere";
        LOG.info("{} after {} steps; the curve is {}", text, test.points().size(), folder);
        if (next.equals("stop")) {
            context.stop("LRFinderHook: " + text);
        } else if (next.equals("apply")) {
            // The schedule takes it for the next step, and goes on from it in proportion.
            found.ifPresent(context.stepper()::setLearningRate);
        }
    }

    private Path report(TrainingContext context, OptionalDouble found) throws IOException {
        Path folder = Files.createDirectories(context.run().folder().resolve("lr-finder"));
        List<Point> points = test.points();
        List<String> rows = new ArrayList<>(List.of("lr,loss,smoothed"));
        points.forEach(p -> rows.add(p.learningRate() + "," + p.loss() + "," + p.smoothed()));
        Files.write(folder.resolve("curve.csv"), rows);
        if (points.stream().anyMatch(p -> Double.isFinite(p.smoothed()))) {
            Plot plot = new Plot("loss over learning rate" + (found.isPresent() ? ", suggested "
                    + show(found.getAsDouble())
                    : ""), "learning rate", config.mode().strip().equals("exponential"),
                    List.of(new Plot.Curve("smoothed loss", points.stream().mapToDouble(Point::learningRate).toArray(),
                            points.stream().mapToDouble(Point::smoothed).toArray())),
                    found);
            byte[] png = PngPlot.png(plot, WIDTH, HEIGHT);
            Files.write(folder.resolve("curve.png"), png);
            context.metrics().putImage("lr_finder", png);
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("steps", points.size());
        found.ifPresent(lr -> details.put("suggestion", lr));
        details.put("folder", context.run().folder().relativize(folder).toString());
        context.event("lr_finder", details);
        return folder;
    }

    private static String show(double learningRate) {
        return String.format(Locale.ROOT, "%.2e", learningRate);
    }

    @Override
    public void afterTrain(TrainingContext context) throws IOException {
        if (before != null && !done && test.points().size() > 1) {
            // The run was shorter than the search, or was stopped: better a part of the curve than none.
            finish(context, "continue");
        }
        close();
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) {
        done = true;
        close();
    }

    /** Frees the copy, where the hook leaves before its run ends; what the search changed stays changed then. */
    @Deactivate
    public void close() {
        Snapshots.Snapshot copy = before;
        before = null;
        if (copy != null) {
            copy.close();
        }
    }

    @Override
    public Map<String, Object> saveState() {
        return Map.of(DONE, done, "searching", before != null);
    }

    @Override
    public void loadState(int version, Map<String, Object> state) {
        if (version != stateVersion() || !(state.get(DONE) instanceof Boolean wasDone)) {
            throw new IllegalArgumentException("state of version " + version + " with " + state.keySet()
                    + ", expected version " + stateVersion() + " with done");
        }
        if (Boolean.TRUE.equals(state.get("searching"))) {
            throw new IllegalArgumentException("it was saved in the middle of the search for a learning rate, when the "
                    + "weights were not those of the training; expected a state from before or after it");
        }
        done = wasDone;
    }
}
