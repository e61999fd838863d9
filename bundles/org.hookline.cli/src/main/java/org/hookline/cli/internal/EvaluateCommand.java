// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.facet.Evaluation;
import org.hookline.api.log.Console;
import org.hookline.api.log.Elapsed;
import org.hookline.api.options.Nearest;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.ResumableTask;
import org.hookline.engine.TaskLink;
import org.hookline.engine.TrainingTask;
import org.hookline.engine.TrainingTaskFactory;
import org.hookline.launch.Command;
import org.hookline.runfile.RunFile;
import org.hookline.runfile.RunFileReader;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * {@code hookline evaluate}: scores the weights of a file on the data of a run file, without training. Where the
 * weights are a checkpoint, its own run file holds unless another is given.
 */
@Component(service = Command.class, property = Command.NAME + "=evaluate")
public final class EvaluateCommand implements Command {
    private static final String WEIGHTS = "--weights";
    private static final String SPLIT = "--split";

    private final BundleContext context;
    private final Components components;
    private final Console console;

    /**
     * Makes the command.
     *
     * @param context of this bundle
     * @param runtime knows the components
     * @param console where to
     */
    @Activate
    public EvaluateCommand(BundleContext context, @Reference ServiceComponentRuntime runtime,
            @Reference Console console) {
        this.context = context;
        this.components = new Components(runtime);
        this.console = console;
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        Arguments given = Arguments.parse(arguments, List.of(WEIGHTS, SPLIT));
        Path current = Path.of("").toAbsolutePath();
        Path weights = current.resolve(given.value(WEIGHTS).orElseThrow(() -> new UserError("evaluate needs " + WEIGHTS
                + ", for example: hookline evaluate run.yaml " + WEIGHTS + " output/digits-mlp/latest")));
        Optional<Path> home = Optional.ofNullable(System.getProperty("hookline.home")).map(Path::of);
        Path file = given.file().isEmpty() && Files.isDirectory(weights) ? own(weights)
                : new RunFileFinder(current, home).find(given.file());
        try (Trainer trainer = new Trainer(context, components)) {
            RunFile runFile = new RunFileReader(new Installation(context, components).read(), current,
                    RunFileFinder.shipped(home)).read(file, given.settings()).require();
            try (TrainingTask task = open(trainer.factory(), runFile)) {
                task.open(new NoRun(new BareProgress(Progress.Mode.BY_ITER, 0, 0, task.iterationsPerEpoch())));
                if (!(task instanceof ResumableTask resumable)) {
                    throw new Failed("this trainer cannot load weights");
                }
                console.line(resumable.loadWeights(weights).text());
                for (Evaluation.Result result : evaluate(task, given.value(SPLIT))) {
                    console.line(line(result));
                }
                return 0;
            }
        } catch (Failed e) {
            System.err.println("hookline: " + e.getMessage());
            return 1;
        }
    }

    private static Path own(Path weights) {
        try (Checkpoint checkpoint = Checkpoint.newest(weights)) {
            return checkpoint.runFile();
        }
    }

    private static TrainingTask open(TrainingTaskFactory factory, RunFile runFile) throws IOException {
        try {
            return factory.create(runFile.spec());
        } catch (UserError e) {
            throw new UserError(runFile.locate(e.getMessage()).toString(), e);
        }
    }

    private static List<Evaluation.Result> evaluate(TrainingTask task, Optional<String> split) {
        Evaluation evaluation = (Evaluation) task.facets().get(Evaluation.class);
        List<String> all = evaluation.splits();
        if (split.isPresent() && !all.contains(split.get())) {
            throw new UserError("there is no split '" + split.get() + "' to evaluate"
                    + Nearest.suggest(split.get(), all));
        }
        if (all.isEmpty()) {
            throw new UserError("the data set has nothing to evaluate on beside the training data");
        }
        List<Evaluation.Result> results = new ArrayList<>();
        split.map(List::of).orElse(all).forEach(s -> results.add(evaluation.evaluate(s)));
        return results;
    }

    private static String line(Evaluation.Result result) {
        List<String> parts = new ArrayList<>();
        for (Map.Entry<String, Double> e : new TreeMap<>(result.values()).entrySet()) {
            parts.add(e.getKey() + " " + Quantity.score(e.getValue()));
        }
        return result.split() + "  " + String.join("  ", parts) + "  (" + Quantity.count(result.samples(), "sample")
                + " in " + Elapsed.show(result.seconds()) + ")";
    }

    /** What a task sees where there is no loop. */
    private record NoRun(Progress progress) implements TaskLink {
        @Override
        public Metrics metrics() {
            throw new IllegalStateException("there is no training");
        }

        @Override
        public void optimizerStepped() {
            throw new IllegalStateException("there is no training");
        }

        @Override
        public void evaluationStarts() {}

        @Override
        public void evaluationEnded(Evaluation.Result result) {}
    }
}
