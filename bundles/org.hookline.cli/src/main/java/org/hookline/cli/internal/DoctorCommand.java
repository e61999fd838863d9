// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.nio.file.Path;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.log.Console;
import org.hookline.djl.Djl;
import org.hookline.launch.Command;
import org.hookline.torch.Torch;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code hookline doctor}: what training needs of this machine, what is there, and what to do about what is missing.
 */
@Component(service = Command.class, property = Command.NAME + "=doctor")
public final class DoctorCommand implements Command {
    private final Djl djl;
    private final Torch torch;
    private final Console console;

    /**
     * Makes the command.
     *
     * @param djl knows libtorch
     * @param torch what is found in it
     * @param console where to
     */
    @Activate
    public DoctorCommand(@Reference Djl djl, @Reference Torch torch, @Reference Console console) {
        this.djl = djl;
        this.torch = torch;
        this.console = console;
    }

    @Override
    public int run(List<String> arguments) {
        if (!arguments.isEmpty()) {
            throw new UserError("doctor takes no arguments");
        }
        Path user = Path.of(System.getProperty("hookline.user", System.getProperty("hookline.home", "")));
        List<Checkup.Line> lines =
                new Checkup(Runtime.version(), System::getenv, Path.of("/"), user, djl, torch).examine();
        lines.forEach(line -> console.line(line.toString()));
        boolean failed = lines.stream().anyMatch(l -> l.mark() == Checkup.Mark.FAIL);
        console.line(failed ? "This machine cannot train until that is put right." : "This machine can train.");
        return failed ? 1 : 0;
    }
}
