// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.RunInfo;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.api.options.Options;
import org.hookline.cli.internal.DryRun.Step;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingTask;
import org.hookline.launch.Command;
import org.hookline.plot.Plot;
import org.hookline.plot.PngPlot;
import org.hookline.plot.TextPlot;
import org.hookline.runfile.HookEntry;
import org.hookline.runfile.RunFile;
import org.hookline.runfile.RunFileReader;
import org.hookline.trainer.Optimizers;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * {@code hookline schedule}: draws the learning rate of a run file without training, and the momentum where a hook
 * changes it. The hooks of the run file are asked, over a run without mathematics.
 */
@Component(service = Command.class, property = Command.NAME + "=schedule")
public final class ScheduleCommand implements Command {
    private static final String PNG = "--png";
    private static final String PLATEAU = "plateau";
    private static final String SCHEDULE = "schedule";
    private static final int ROWS = 15;
    private static final int PNG_WIDTH = 900;
    private static final int PNG_HEIGHT = 540;

    /** What can change the learning rate, the momentum, or what a step is. */
    private static final List<String> TYPES =
            List.of("GradientAccumulationScheduleHook", "LRSchedulerHook", "MomentumSchedulerHook");

    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final Components components;
    private final Console console;

    /**
     * Makes the command.
     *
     * @param context of this bundle
     * @param admin takes the configurations of hooks
     * @param runtime knows the components
     * @param console where to
     */
    @Activate
    public ScheduleCommand(BundleContext context, @Reference ConfigurationAdmin admin,
            @Reference ServiceComponentRuntime runtime, @Reference Console console) {
        this.context = context;
        this.admin = admin;
        this.components = new Components(runtime);
        this.console = console;
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        Arguments given = Arguments.parse(arguments, List.of(PNG));
        Optional<String> png = given.value(PNG);
        Path current = Path.of("").toAbsolutePath();
        Optional<Path> home = Optional.ofNullable(System.getProperty("hookline.home")).map(Path::of);
        Path file = new RunFileFinder(current, home).find(given.file());
        try (Trainer trainer = new Trainer(context, components)) {
            RunFile runFile = new RunFileReader(new Installation(context, components).read(), current,
                    RunFileFinder.shipped(home)).read(file, given.settings()).require();
            int perEpoch;
            try (TrainingTask task = trainer.factory().create(runFile.spec())) {
                perEpoch = task.iterationsPerEpoch();
            } catch (UserError e) {
                throw new UserError(runFile.locate(e.getMessage()).toString(), e);
            }
            List<HookEntry> entries = runFile.hooks().stream().filter(h -> TYPES.contains(h.type()))
                    .map(ScheduleCommand::withoutPlateau).toList();
            show(runFile, steps(runFile.spec(), perEpoch, entries), png.map(current::resolve));
            return 0;
        } catch (Failed e) {
            System.err.println("hookline: " + e.getMessage());
            return 1;
        }
    }

    private static boolean plateau(HookEntry entry) {
        return PLATEAU.equals(entry.parameters().get(SCHEDULE));
    }

    /** What it does depends on metrics that only training has. */
    private static HookEntry withoutPlateau(HookEntry e) {
        if (!plateau(e)) {
            return e;
        }
        Map<String, Object> parameters = new LinkedHashMap<>(e.parameters());
        parameters.put(SCHEDULE, "constant");
        return new HookEntry(e.type(), e.pid(), e.name(), e.writer(), e.level(), e.onError(), e.before(), e.after(),
                parameters, e.isDefault(), e.index(), e.where());
    }

    private List<Step> steps(RunSpec spec, int perEpoch, List<HookEntry> entries) throws Exception {
        String id = "schedule-" + ProcessHandle.current().pid();
        Options optimizer = Options.of("optimizer " + spec.optimizer().type(), spec.baseFolder(),
                Optimizers.declared().get(spec.optimizer().type()), spec.optimizer().options());
        double momentum = spec.optimizer().type().equals("sgd") ? optimizer.number("momentum")
                : optimizer.numbers("betas").getFirst();
        RunInfo info = new RunInfo(id, spec.name(), Path.of(""), Instant.EPOCH, spec.seed(), "cpu",
                spec.configuration());
        DryRun run = new DryRun(info, spec.mode(), spec.epochs(), spec.iterations(), perEpoch, spec.accumulate(),
                optimizer.number("lr"), momentum);
        try (RunHooks hooks = new RunHooks(context, admin, components, id, entries)) {
            hooks.configure();
            List<String> problems = hooks.problems();
            if (!problems.isEmpty()) {
                throw new UserError(problems.getFirst());
            }
            List<ServiceReference<Hook>> references = references(id);
            List<Hook> called = new ArrayList<>();
            for (HookEntry entry : entries) {
                references.stream().filter(r -> entry.name().equals(r.getProperty(HookProperties.NAME))).findFirst()
                        .map(context::getService).ifPresent(called::add);
            }
            try {
                return run.run(called);
            } finally {
                references.forEach(context::ungetService);
            }
        }
    }

    private List<ServiceReference<Hook>> references(String id) {
        try {
            Collection<ServiceReference<Hook>> found =
                    context.getServiceReferences(Hook.class, "(" + HookProperties.RUN_ID + "=" + id + ")");
            return List.copyOf(found);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private void show(RunFile runFile, List<Step> steps, Optional<Path> png) throws IOException {
        String name = runFile.spec().name();
        Optional<HookEntry> schedule =
                runFile.hooks().stream().filter(h -> h.type().equals("LRSchedulerHook")).findFirst();
        String kind = schedule.map(h -> String.valueOf(h.parameters().getOrDefault(SCHEDULE, "constant")))
                .orElse("no LRSchedulerHook");
        Plot rates = plot(name + ": learning rate, " + kind, steps, Step::learningRate);
        draw(rates);
        Step first = steps.getFirst();
        Step last = steps.getLast();
        console.line(String.format(Locale.ROOT, "%s over %s; first %.4g, highest %.4g, last %.4g",
                Quantity.count(last.number() + 1, "step"), Quantity.count(last.iteration() + 1, "iteration"),
                first.learningRate(), steps.stream().mapToDouble(Step::learningRate).max().orElseThrow(),
                last.learningRate()));
        if (schedule.filter(ScheduleCommand::plateau).isPresent()) {
            console.line("plateau lowers it when its metric stands still: that is known only in training");
        }
        if (steps.stream().anyMatch(s -> s.momentum() != first.momentum())) {
            console.line("");
            draw(plot(name + ": momentum", steps, Step::momentum));
        }
        if (png.isPresent()) {
            write(png.get(), PngPlot.png(rates, PNG_WIDTH, PNG_HEIGHT));
            console.line("written to " + png.get());
        }
    }

    private static Plot plot(String title, List<Step> steps, ToDoubleFunction<Step> value) {
        return new Plot(title, "step", false, List.of(new Plot.Curve(title,
                steps.stream().mapToDouble(Step::number).toArray(), steps.stream().mapToDouble(value).toArray())),
                OptionalDouble.empty());
    }

    private void draw(Plot plot) {
        // In C locale dots of braille would be question marks.
        boolean unicode = Charset.forName(System.getProperty("stdout.encoding", "US-ASCII"))
                .equals(StandardCharsets.UTF_8);
        TextPlot.lines(plot, Math.min(console.columns(), 100), ROWS, unicode).forEach(console::line);
    }

    private static void write(Path file, byte[] bytes) {
        try {
            if (file.getParent() != null) {
                Files.createDirectories(file.getParent());
            }
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UserError("cannot write " + file + ": " + e.getMessage() + "; choose another file with "
                    + PNG, e);
        }
    }
}
