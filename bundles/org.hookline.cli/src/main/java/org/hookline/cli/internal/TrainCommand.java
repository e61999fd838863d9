// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.Run;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.engine.RunStart;
import org.hookline.engine.TrainingEngine;
import org.hookline.engine.TrainingTask;
import org.hookline.engine.TrainingTaskFactory;
import org.hookline.launch.Command;
import org.hookline.runfile.HookEntry;
import org.hookline.runfile.RunFile;
import org.hookline.runfile.RunFileReader;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code hookline train}: trains the model of a run file on the calling thread. */
@Component(service = Command.class, property = Command.NAME + "=train")
public final class TrainCommand implements Command {
    private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);

    private static final String RESUME = "--resume";
    /** The launcher takes --console: it is here to be named where an option is unknown. */
    static final List<String> OPTIONS = List.of("--output", RESUME, "--console");

    /** Causes may go in a circle. */
    private static final int MAX_CAUSES = 100;

    private final BundleContext context;
    private final TrainingEngine engine;
    private final ConfigurationAdmin admin;
    private final Components components;
    private final Console console;
    private final Style style;
    private final AtomicReference<Run> running = new AtomicReference<>();
    private volatile String signal;

    /**
     * Makes the command.
     *
     * @param context of this bundle
     * @param engine prepares runs
     * @param admin takes the configurations of hooks
     * @param runtime knows the components
     * @param console where to
     */
    @Activate
    public TrainCommand(BundleContext context, @Reference TrainingEngine engine, @Reference ConfigurationAdmin admin,
            @Reference ServiceComponentRuntime runtime, @Reference Console console) {
        this.context = context;
        this.engine = engine;
        this.admin = admin;
        this.components = new Components(runtime);
        this.console = console;
        this.style = Style.of(console.terminal(), System.getenv());
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        Arguments given = Arguments.parse(arguments, OPTIONS);
        Path current = Path.of("").toAbsolutePath();
        Optional<Path> home = Optional.ofNullable(System.getProperty("hookline.home")).map(Path::of);
        if (given.value(RESUME).isPresent() && given.value("--output").isPresent()) {
            throw new UserError("--output does not go with " + RESUME
                    + ", which goes on in the run's own folder; for a new folder set resume_from in a run file");
        }
        try (RunLock lock = new RunLock()) {
            Optional<Resumed> resumed = given.value(RESUME).map(r -> Resumed.of(current.resolve(r), r, lock));
            return run(given, current, home, resumed, lock);
        }
    }

    private int run(Arguments given, Path current, Optional<Path> home, Optional<Resumed> resumed, RunLock lock)
            throws Exception {
        Path file = given.file().isEmpty() && resumed.isPresent() ? resumed.get().checkpoint().runFile()
                : new RunFileFinder(current, home).find(given.file());
        Installation installation = new Installation(context, components);
        try (Trainer trainer = new Trainer(context, components)) {
            RunFile runFile = new RunFileReader(installation.read(), current, RunFileFinder.shipped(home))
                    .read(file, given.settings()).require();
            if (resumed.isEmpty()) {
                runFile.missing().ifPresent(mistake -> {
                    throw new UserError(mistake.toString());
                });
            }
            console.status("preparing " + runFile.spec().name() + " ...");
            RunStart start = resumed.isPresent()
                    ? new RunStart(Optional.empty(), Optional.of(resumed.get().checkpoint()))
                    : new RunStart(runFile.loadFrom().map(Resumed::real),
                            runFile.resumeFrom().map(Resumed::real).map(Checkpoint::newest));
            TrainingTask task = open(trainer.factory(), runFile);
            RunReport report = new RunReport(console, style, installation.higherIsBetter());
            Path folder;
            Optional<Path> fresh = Optional.empty();
            Run run;
            try {
                if (resumed.isPresent()) {
                    folder = resumed.get().folder();
                    RunFolder.effective(folder, runFile.yaml());
                } else {
                    folder = RunFolder.create(current.resolve(given.value("--output").orElse("output")),
                            runFile.spec().name(), LocalDateTime.now(ZoneId.systemDefault()), runFile.yaml());
                    fresh = Optional.of(folder);
                    lock.take(folder);
                }
                run = engine.prepare(runFile.spec().name() + "-" + folder.getFileName(), runFile.spec(), folder, task,
                        report, start);
            } catch (RuntimeException e) {
                abandon(task, fresh);
                throw e;
            }
            Path shown = folder.startsWith(current) ? current.relativize(folder) : folder;
            return train(run, runFile, trainer.factory().runtime(), shown, report, task, fresh);
        } catch (Failed e) {
            return failed(e.getMessage(), e);
        } finally {
            console.status("");
        }
    }

    /** Before a run has begun, it neither closes its task nor leaves anything behind. */
    private static void abandon(TrainingTask task, Optional<Path> folder) {
        task.close();
        folder.ifPresent(RunFolder::discard);
    }

    /**
     * A run that goes on.
     *
     * @param checkpoint from which
     * @param folder its folder
     */
    private record Resumed(Checkpoint checkpoint, Path folder) {
        /** Takes the run's folder before it reads what a run that still goes on may be about to delete. */
        static Resumed of(Path given, String shown, RunLock lock) {
            Path real = real(given);
            Optional<Path> folder = runFolder(real);
            folder.ifPresent(lock::take);
            Checkpoint checkpoint = Checkpoint.newest(real);
            if (folder.isEmpty()) {
                checkpoint.close();
                throw new UserError("'" + shown + "' lies in no folder of a run; to go on from it in a new run, set "
                        + "resume_from in a run file");
            }
            return new Resumed(checkpoint, folder.get());
        }

        /** The folder of the run is that with the events, at or above what was given. */
        private static Optional<Path> runFolder(Path given) {
            return Stream.iterate(given.toAbsolutePath().normalize(), Objects::nonNull, Path::getParent)
                    .filter(p -> Files.isRegularFile(p.resolve("events.jsonl"))).findFirst();
        }

        /** Links such as {@code latest} point elsewhere as soon as the run goes on. */
        private static Path real(Path given) {
            try {
                return given.toRealPath();
            } catch (IOException e) {
                return given;
            }
        }
    }

    private static TrainingTask open(TrainingTaskFactory factory, RunFile runFile) throws Failed {
        try {
            return factory.create(runFile.spec());
        } catch (UserError e) {
            throw new UserError(runFile.locate(e.getMessage()).toString(), e);
        } catch (IOException e) {
            throw new Failed("the data cannot be read: " + e.getMessage(), e);
        }
    }

    private int train(Run run, RunFile runFile, String runtime, Path shown, RunReport report, TrainingTask task,
            Optional<Path> fresh) throws Failed {
        running.set(run);
        if (signal != null) {
            run.stop(signal);
        }
        RunResult result;
        try (RunHooks hooks = new RunHooks(context, admin, components, run.info().id(), runFile.hooks())) {
            try {
                hooks.configure();
                hooks.await(run, () -> signal != null);
            } catch (Failed | UserError e) {
                abandon(task, fresh);
                throw e;
            }
            RunFolder.latest(run.info().folder());
            console.status("");
            introduce(run, runFile.spec(), runtime, shown).forEach(console::line);
            console.line("");
            table(run, hooks).forEach(console::line);
            console.line("");
            result = run.execute();
        } finally {
            running.set(null);
        }
        console.status("");
        console.line("");
        Optional<UserError> mistake = result.failure().flatMap(f -> mistake(f, runFile.hooks()));
        if (mistake.isPresent() && result.iterations() == 0) {
            throw mistake.get();
        }
        report.summary(result, run.progress(), shown).forEach(console::line);
        if (mistake.isPresent()) {
            throw mistake.get();
        }
        return result.failure().isEmpty() ? 0 : failed(run, result.failure().get());
    }

    private static List<String> introduce(Run run, RunSpec spec, String runtime, Path shown) {
        Progress progress = run.progress();
        String length = progress.mode() == Progress.Mode.BY_EPOCH
                ? Quantity.count(spec.epochs(), "epoch") + " of "
                        + Quantity.count(progress.innerIterations(), "iteration")
                : Quantity.count(spec.iterations(), "iteration");
        return new Table(false)
                .row("device", run.info().device() + " · " + runtime)
                .row("run", spec.name() + " · " + spec.model().type() + " on " + spec.data().type() + " · " + length
                        + " · seed " + spec.seed())
                .row("files", shown.toString())
                .lines();
    }

    private List<String> table(Run run, RunHooks hooks) {
        List<String> lines = new ArrayList<>(HookTable.lines(run.hooks().list(), hooks.table()));
        lines.set(0, style.bold(lines.getFirst()));
        return lines;
    }

    /** A mistake of the user that only a hook or the trainer could find is one all the same. */
    static Optional<UserError> mistake(Throwable failure, List<HookEntry> hooks) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).limit(MAX_CAUSES)
                .filter(UserError.class::isInstance).findFirst()
                .map(cause -> hooks.stream().filter(h -> message(failure).startsWith(h.name() + " failed in "))
                        .map(h -> new UserError(new Reason(true, message(cause)).of(h), failure)).findFirst()
                        .orElseGet(() -> new UserError(message(failure), failure)));
    }

    private static String message(Throwable failure) {
        return failure.getMessage() == null || failure.getMessage().isBlank() ? failure.getClass().getSimpleName()
                : failure.getMessage();
    }

    private int failed(Run run, Throwable failure) {
        return failed(message(failure) + " (iteration " + run.progress().iteration() + ")", failure);
    }

    private int failed(String message, Throwable failure) {
        console.status("");
        LOG.debug("train failed", failure);
        System.err.println("hookline: " + message.strip().replaceAll("\\s*\\R\\s*", " "));
        if (Boolean.getBoolean("hookline.debug")) {
            failure.printStackTrace();
        }
        return 1;
    }

    @Override
    public void interrupt(String name) {
        signal = name;
        Run run = running.get();
        if (run != null) {
            run.stop(name);
        }
    }
}
