// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import java.nio.file.Path;
import java.util.List;
import org.hookline.control.Control;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The operations as Gogo commands of the scope {@code hookline}. They cost nothing where no Gogo is there: Gogo finds
 * them by their service properties, and nothing of it is imported.
 */
@Component(service = GogoCommands.class, property = {"osgi.command.scope=hookline", "osgi.command.function=hooks",
    "osgi.command.function=status", "osgi.command.function=deploy", "osgi.command.function=undeploy",
    "osgi.command.function=enable", "osgi.command.function=disable", "osgi.command.function=set",
    "osgi.command.function=level", "osgi.command.function=lr", "osgi.command.function=checkpoint",
    "osgi.command.function=pause", "osgi.command.function=resume", "osgi.command.function=stop"})
public final class GogoCommands {
    private final Commands commands;

    /**
     * Makes the commands.
     *
     * @param control does the work
     */
    @Activate
    public GogoCommands(@Reference Control control) {
        commands = new Commands(control);
    }

    private String run(String word, String... arguments) throws InterruptedException {
        return String.join("\n", commands.run(word, List.of(arguments), Path.of("").toAbsolutePath()));
    }

    /**
     * Shows the hooks.
     *
     * @param options {@code --installed}, {@code --json}
     * @return the table
     * @throws InterruptedException if the thread is interrupted
     */
    public String hooks(String... options) throws InterruptedException {
        return run("hooks", options);
    }

    /**
     * Shows where the run is.
     *
     * @return lines
     * @throws InterruptedException if the thread is interrupted
     */
    public String status() throws InterruptedException {
        return run("status");
    }

    /**
     * Deploys a jar.
     *
     * @param jar the jar
     * @return what became of it
     * @throws InterruptedException if the thread is interrupted
     */
    public String deploy(String jar) throws InterruptedException {
        return run("deploy", jar);
    }

    /**
     * Takes a deployed jar away.
     *
     * @param name a hook of it
     * @return what was taken away
     * @throws InterruptedException if the thread is interrupted
     */
    public String undeploy(String name) throws InterruptedException {
        return run("undeploy", name);
    }

    /**
     * Switches a hook on.
     *
     * @param hook its name
     * @return what was done
     * @throws InterruptedException if the thread is interrupted
     */
    public String enable(String hook) throws InterruptedException {
        return run("enable", hook);
    }

    /**
     * Switches a hook off.
     *
     * @param hook its name
     * @return what was done
     * @throws InterruptedException if the thread is interrupted
     */
    public String disable(String hook) throws InterruptedException {
        return run("disable", hook);
    }

    /**
     * Changes parameters of a hook.
     *
     * @param arguments its name, then name=value
     * @return what was set
     * @throws InterruptedException if the thread is interrupted
     */
    public String set(String... arguments) throws InterruptedException {
        return run("set", arguments);
    }

    /**
     * Moves a hook.
     *
     * @param hook its name
     * @param level the level
     * @return what was done
     * @throws InterruptedException if the thread is interrupted
     */
    public String level(String hook, String level) throws InterruptedException {
        return run("level", hook, level);
    }

    /**
     * Sets the learning rate.
     *
     * @param rate the learning rate
     * @return what was done
     * @throws InterruptedException if the thread is interrupted
     */
    public String lr(String rate) throws InterruptedException {
        return run("lr", rate);
    }

    /**
     * Asks for a checkpoint.
     *
     * @return what will happen
     * @throws InterruptedException if the thread is interrupted
     */
    public String checkpoint() throws InterruptedException {
        return run("checkpoint");
    }

    /**
     * Pauses the run.
     *
     * @return where it stands
     * @throws InterruptedException if the thread is interrupted
     */
    public String pause() throws InterruptedException {
        return run("pause");
    }

    /**
     * Lets the run go on.
     *
     * @return what was done
     * @throws InterruptedException if the thread is interrupted
     */
    public String resume() throws InterruptedException {
        return run("resume");
    }

    /**
     * Ends the run.
     *
     * @return what will happen
     * @throws InterruptedException if the thread is interrupted
     */
    public String stop() throws InterruptedException {
        return run("stop");
    }
}
