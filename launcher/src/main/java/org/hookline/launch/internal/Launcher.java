// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.hookline.launch.Command;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one command line: {@code version}, {@code help} and {@code new-hook} at once, every other command as a service
 * of a bundle, in a framework started for it.
 */
public final class Launcher {
    /** How long a command may take to appear once all bundles are started. */
    /** The console, which is there where it is asked for. */
    private static final String GOGO = "hookline-gogo.json";

    private static final long COMMAND_MILLIS = 5_000;

    /** How long the bundles may take to stop, and the process to end, where no signal sets the limit. */
    private static final long STOP_MILLIS = 10_000;

    /** The first update release of JDK 25 without JDK-8377811. */
    private static final Runtime.Version ADVISED = Runtime.Version.parse("25.0.3");

    private final Arguments arguments;
    private final Properties build = build();
    private final CommandList commands = CommandList.load();

    private Launcher(Arguments arguments) {
        this.arguments = arguments;
    }

    /**
     * Runs one command line and ends the process.
     *
     * @param line the command line
     */
    public static void main(String[] line) {
        Arguments arguments = Arguments.parse(List.of(line));
        int code = new Launcher(arguments).run(new Timeline(arguments.debug()));
        System.out.flush();
        System.exit(code);
    }

    private int run(Timeline timeline) {
        switch (arguments.command()) {
            case "version" -> {
                System.out.print(version());
                return 0;
            }
            case "help" -> {
                return help();
            }
            case "new-hook" -> {
                try {
                    NewHook hook = NewHook.parse(arguments.rest());
                    System.out.print(hook.make(Home.find(), Path.of("").toAbsolutePath()));
                    return 0;
                } catch (LaunchError e) {
                    say(e);
                    return e.exitCode();
                }
            }
            default -> {
                try {
                    return control() ? steer() : launch(timeline);
                } catch (LaunchError e) {
                    // Before there is a log.
                    say(e);
                    return e.exitCode();
                }
            }
        }
    }

    /** Whether the command is for a process that trains; what is installed can be told without one. */
    private boolean control() {
        return commands.find(arguments.command()).filter(CommandList.Entry::control).isPresent()
                && !arguments.rest().contains("--installed");
    }

    private int steer() throws LaunchError {
        Path sockets = Home.find().data().resolve("control");
        return new ControlClient(sockets, Path.of("").toAbsolutePath(), System.out, System.err)
                .run(arguments.command(), arguments.rest());
    }

    private int help() {
        if (arguments.rest().isEmpty()) {
            System.out.print(commands.overview(build.getProperty("version")));
            return 0;
        }
        String word = arguments.rest().getFirst();
        Optional<CommandList.Entry> entry = commands.find(word);
        if (entry.isEmpty()) {
            System.err.println("hookline: " + commands.unknown(word));
            return LaunchError.MISTAKE;
        }
        System.out.print(CommandList.details(entry.get()));
        return 0;
    }

    private String version() {
        return "hookline " + build.getProperty("version") + "\n"
                + "DJL " + build.getProperty("djl") + ", libtorch " + build.getProperty("libtorch") + "\n"
                + "JDK " + Runtime.version() + " (" + System.getProperty("java.home") + ")\n";
    }

    private int launch(Timeline timeline) throws LaunchError {
        CommandList.Entry command = commands.find(arguments.command())
                .orElseThrow(() -> new LaunchError(LaunchError.MISTAKE, commands.unknown(arguments.command())));
        Home home = Home.find();
        if (command.needsNative()) {
            home.checkNative();
        }
        home.prepare();
        Logging.start(home, arguments.debug());
        Logger log = LoggerFactory.getLogger(Launcher.class);
        log.info("hookline {} {}", arguments.command(), String.join(" ", arguments.rest()));
        if (Runtime.version().compareToIgnoreOptional(ADVISED) < 0) {
            log.warn("This is JDK {}, which has the defect JDK-8377811: {} or newer is advised",
                    Runtime.version(), ADVISED);
        }
        timeline.mark("log");

        Signals signals = new Signals();
        signals.install();
        int code;
        try (ProcessFolder folder = ProcessFolder.open(
                home.data().resolve("cache"), ProcessHandle.current().pid())) {
            // Nothing is written outside the distribution's own folders, temporary files included.
            System.setProperty("java.io.tmpdir", folder.temporary().toString());
            System.setProperty("jna.tmpdir", folder.temporary().toString());
            code = runInFramework(home, folder, signals, timeline);
        } catch (IOException e) {
            code = fail(new LaunchError(
                    LaunchError.MISTAKE, "cannot use " + home.data().resolve("cache") + ": " + e.getMessage(), e));
        }
        code = signals.exitCode(code);
        log.info("Exit code {}", code);
        Logging.stop();
        haltIfStuck(code, signals.millisLeft(STOP_MILLIS));
        return code;
    }

    private int runInFramework(Home home, ProcessFolder folder, Signals signals, Timeline timeline) {
        Platform platform = null;
        try {
            FeatureSet features = FeatureSet.read(home.features(), arguments.console() ? Optional.of(GOGO)
                    : Optional.empty());
            timeline.mark("features");
            exportFolders(home);
            platform = Platform.create(
                    features,
                    folder.framework(),
                    build.getProperty("system.packages"),
                    Map.of("felix.fileinstall.dir", home.deploy() + "," + home.conf()));
            timeline.mark("framework");
            platform.install(home.repository());
            timeline.mark("install");
            platform.resolve();
            timeline.mark("resolve");
            platform.start();
            timeline.mark("bundles");
            Optional<Command> command;
            try {
                command = platform.command(arguments.command(), COMMAND_MILLIS, signals);
            } finally {
                timeline.mark("command");
                LoggerFactory.getLogger(Launcher.class).info("Started in {}", timeline);
                if (arguments.debug()) {
                    System.err.println("hookline: started in " + timeline);
                }
            }
            if (command.isEmpty() || signals.received()) {
                return LaunchError.FAILURE;
            }
            signals.watch(command.get());
            return command.get().run(arguments.rest());
        } catch (Throwable e) {
            // All of it: a NoClassDefFoundError or a native library that does not load is a line for the user too.
            return fail(e);
        } finally {
            if (platform != null) {
                platform.stop(signals.millisLeft(STOP_MILLIS));
            }
        }
    }

    /** Where the folders are, for the bundles. */
    private void exportFolders(Home home) {
        System.setProperty("hookline.home", home.root().toString());
        System.setProperty("hookline.conf", home.conf().toString());
        System.setProperty("hookline.deploy", home.deploy().toString());
        System.setProperty("hookline.data", home.data().toString());
        System.setProperty("hookline.version", build.getProperty("version"));
        System.setProperty("hookline.debug", Boolean.toString(arguments.debug()));
    }

    private int fail(Throwable thrown) {
        Logging.traces().error("{} failed", arguments.command(), thrown);
        say(thrown);
        return ErrorReport.of(thrown).exitCode();
    }

    private void say(Throwable thrown) {
        System.out.flush();
        System.err.println("hookline: " + ErrorReport.of(thrown).line());
        if (arguments.debug()) {
            thrown.printStackTrace();
        }
    }

    /** The end of the process waits for nobody: not for a thread that hangs in a shutdown hook. */
    private static void haltIfStuck(int code, long millis) {
        Thread.ofPlatform().daemon().name("hookline-exit").start(() -> {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(code);
        });
    }

    private static Properties build() {
        try (InputStream in = Objects.requireNonNull(Launcher.class.getResourceAsStream("build.properties"))) {
            Properties properties = new Properties();
            properties.load(in);
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
