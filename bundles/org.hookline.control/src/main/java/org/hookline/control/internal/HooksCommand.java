// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import java.nio.file.Path;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.control.Control;
import org.hookline.launch.Command;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code hookline hooks --installed}, which needs the framework and no run; the launcher does the rest by the channel.
 */
@Component(service = Command.class, property = Command.NAME + "=hooks")
public final class HooksCommand implements Command {
    private final Commands commands;

    /**
     * Makes the command.
     *
     * @param control knows the kinds of hooks
     */
    @Activate
    public HooksCommand(@Reference Control control) {
        commands = new Commands(control);
    }

    @Override
    public int run(List<String> arguments) throws Exception {
        if (!arguments.contains("--installed")) {
            throw new UserError("hooks: expected --installed");
        }
        commands.run("hooks", arguments, Path.of("")).forEach(System.out::println);
        return 0;
    }
}
