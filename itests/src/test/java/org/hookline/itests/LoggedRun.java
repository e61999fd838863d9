// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.hookline.api.Hook;
import org.hookline.api.Progress.Mode;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.hook.checkpoint.internal.CheckPointConfig;
import org.hookline.hook.checkpoint.internal.CheckPointHook;
import org.hookline.hook.csvlogger.internal.CsvLoggerHook;
import org.hookline.hook.emaiter.internal.EmaIterConfig;
import org.hookline.hook.emaiter.internal.EmaIterHook;
import org.hookline.hook.evaluate.internal.EvaluateConfig;
import org.hookline.hook.evaluate.internal.EvaluateHook;
import org.hookline.hook.iterationtimer.internal.IterationTimerHook;
import org.hookline.hook.jsonlogger.internal.JsonLoggerHook;
import org.hookline.hook.lrscheduler.internal.LrSchedulerConfig;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.optimizer.internal.OptimizerConfig;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.periodiclogger.internal.PeriodicLogger;
import org.hookline.hook.periodiclogger.internal.PeriodicLoggerConfig;
import org.hookline.hook.tensorboardlogger.internal.TensorboardLoggerHook;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.trainer.DjlTask;

/**
 * A training of the digits by the real trainer, two epochs of twelve iterations, with the default hooks, all writers of
 * files and a picture and a histogram now and then. A program too, so that it can be killed.
 */
final class LoggedRun {
    static final int PER_EPOCH = 12;
    static final int ITERATIONS = 2 * PER_EPOCH;

    private final Path folder;
    private final Mode mode;
    private long stopAt = -1;
    private long killAt = -1;
    private Optional<Path> checkpoint = Optional.empty();

    /** What the run had at its end. */
    float[] weights;

    LoggedRun(Path folder, Mode mode) {
        this.folder = folder;
        this.mode = mode;
    }

    /** Has the run stopped after so many iterations, with a checkpoint of that moment. */
    LoggedRun stopAt(long iterations) {
        stopAt = iterations;
        return this;
    }

    /** Has the run go on from its newest checkpoint. */
    LoggedRun resume() {
        return resume("");
    }

    /** Has the run go on from a checkpoint in its folder. */
    LoggedRun resume(String from) {
        checkpoint = Optional.of(folder.resolve(from));
        return this;
    }

    /** Trains until it is killed: folder, mode and the number of iterations after which that happens. */
    public static void main(String[] arguments) throws IOException {
        LoggedRun run = new LoggedRun(Path.of(arguments[0]), Mode.valueOf(arguments[1]));
        run.killAt = Long.parseLong(arguments[2]);
        run.execute();
    }

    RunResult execute() throws IOException {
        DjlTask task = DigitsTask.of(2, 128, 0.3, "fp32");
        if (task.iterationsPerEpoch() != PER_EPOCH) {
            throw new IllegalStateException(task.iterationsPerEpoch() + " iterations of an epoch");
        }
        HookRun run = new HookRun(Files.createDirectories(folder), task);
        run.add(20, new OptimizerHook(Configs.of(OptimizerConfig.class)));
        run.add(20, new LrSchedulerHook(Configs.of(LrSchedulerConfig.class, "schedule", "cosine")));
        run.add(30, new IterationTimerHook(2, System::nanoTime));
        run.add(30, new EvaluateHook(Configs.of(EvaluateConfig.class, "iterPeriod", 5L, "atStart", true)));
        run.add(30, new CheckPointHook(Configs.of(CheckPointConfig.class, "iterPeriod", 3L, "waitForDisk", true,
                "metric", "test/accuracy", "exportParams", false)));
        PeriodicLogger logger = new PeriodicLogger(Configs.of(PeriodicLoggerConfig.class, "period", 4, "window", 6));
        List.of(new JsonLoggerHook(""), new CsvLoggerHook(""), new TensorboardLoggerHook("", InstantSource.system()))
                .forEach(w -> logger.bindWriter(w, Map.of("service.id", (long) System.identityHashCode(w),
                        "component.name", w.getClass().getSimpleName())));
        run.add(30, logger);
        run.add(30, new EmaIterHook(Configs.of(EmaIterConfig.class)));
        run.add(25, new Extras(""));
        run.add(40, new Extras(" from behind"));
        run.add(60, new Ender());
        checkpoint.ifPresent(run::resume);
        return mode == Mode.BY_EPOCH ? run.epochs(2) : run.iterations(ITERATIONS);
    }

    /** A metric that is not of each iteration, a picture and a histogram, which wait for the next record. */
    private static final class Extras implements Hook {
        private final String suffix;

        Extras(String suffix) {
            this.suffix = suffix;
        }

        @Override
        public void afterTrainIter(TrainingContext context) throws IOException {
            long done = context.progress().iteration() + 1;
            if (done % 7 == 0) {
                context.metrics().put("seventh", done, false);
                BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
                image.setRGB(0, 0, (int) done);
                ByteArrayOutputStream png = new ByteArrayOutputStream();
                ImageIO.write(image, "png", png);
                context.metrics().putImage("picture" + suffix, png.toByteArray());
                context.metrics().putHistogram("weights" + suffix, context.weights().flat().toFloatArray());
            }
        }
    }

    private final class Ender implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            long done = context.progress().iteration() + 1;
            if (done == stopAt) {
                context.stop("as the test says");
            }
            if (done == killAt) {
                // As kill -9 does: no hook, no writer and no finally block gets to run.
                Runtime.getRuntime().halt(137);
            }
        }

        @Override
        public void afterTrain(TrainingContext context) {
            weights = context.weights().flat().toFloatArray();
        }
    }
}
