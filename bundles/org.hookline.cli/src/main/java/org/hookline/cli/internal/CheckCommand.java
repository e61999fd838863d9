// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.engine.RunSpec;
import org.hookline.launch.Command;
import org.hookline.runfile.Installed;
import org.hookline.runfile.Mistake;
import org.hookline.runfile.Reading;
import org.hookline.runfile.RunFile;
import org.hookline.runfile.RunFileReader;
import org.hookline.runfile.RunSchema;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * {@code hookline check}: finds the mistakes of a run file without training. {@code --print} prints the effective run
 * file, {@code --schema} the JSON schema with what is installed.
 */
@Component(service = Command.class, property = Command.NAME + "=check")
public final class CheckCommand implements Command {
    private final BundleContext context;
    private final ConfigurationAdmin admin;
    private final Components components;
    private final Console console;

    /**
     * Makes the command.
     *
     * @param context of this bundle
     * @param admin takes the configurations of hooks, to try them
     * @param runtime knows the components
     * @param console where to
     */
    @Activate
    public CheckCommand(BundleContext context, @Reference ConfigurationAdmin admin,
            @Reference ServiceComponentRuntime runtime, @Reference Console console) {
        this.context = context;
        this.admin = admin;
        this.components = new Components(runtime);
        this.console = console;
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        Arguments given = Arguments.parse(arguments, List.of("--print", "--schema"));
        Installed installed = new Installation(context, components).read();
        if (given.flags().contains("--schema")) {
            console.line(RunSchema.of(installed));
            return 0;
        }
        if (given.file().isEmpty()) {
            throw new UserError("check needs a run file, for example: hookline check runs/digits.yaml");
        }
        Path current = Path.of("").toAbsolutePath();
        Optional<Path> home = Optional.ofNullable(System.getProperty("hookline.home")).map(Path::of);
        Path file = new RunFileFinder(current, home).find(given.file());
        Reading reading = new RunFileReader(installed, current, RunFileFinder.shipped(home))
                .read(file, given.settings());
        List<String> mistakes = new ArrayList<>(reading.mistakes().stream().map(Mistake::toString).toList());
        if (reading.runFile().isPresent()) {
            RunFile runFile = reading.runFile().get();
            try (Trainer trainer = new Trainer(context, components);
                    RunHooks hooks = new RunHooks(context, admin, components, "check", runFile.hooks())) {
                runFile.missing().map(Mistake::toString).ifPresent(mistakes::add);
                // Hooks that the reader could not place are not among these.
                hooks.configure();
                mistakes.addAll(hooks.problems());
                trainer.factory().check(runFile.spec()).forEach(line -> mistakes.add(runFile.locate(line).toString()));
            } catch (Failed e) {
                System.err.println("hookline: " + e.getMessage());
                return 1;
            }
        }
        if (!mistakes.isEmpty()) {
            mistakes.forEach(console::line);
            return 2;
        }
        RunFile runFile = reading.require();
        console.line(given.flags().contains("--print") ? runFile.yaml()
                : given.file().get() + ": ok: " + summary(runFile.spec(), runFile.hooks().size()));
        return 0;
    }

    private static String summary(RunSpec spec, int hooks) {
        return spec.name() + ", " + spec.model().type() + " on " + spec.data().type() + ", " + spec.optimizer().type()
                + ", " + (spec.mode() == Progress.Mode.BY_EPOCH ? Quantity.count(spec.epochs(), "epoch")
                        : Quantity.count(spec.iterations(), "iteration"))
                + ", " + Quantity.count(hooks, "hook");
    }
}
