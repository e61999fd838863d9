// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch;

import java.util.List;

/**
 * A command of {@code bin/hookline}, as a service that the launcher calls once the framework is up. The launcher finds
 * it by the service property {@value #NAME}.
 */
public interface Command {
    /** Service property (String): the word on the command line. */
    String NAME = "hookline.command";

    /**
     * Runs the command on the calling thread.
     *
     * @param arguments what stands behind the command's name, without the launcher's own options
     * @return the exit code: 0 done, 1 our failure, 2 the user's mistake
     * @throws Exception shown by the launcher: a {@code UserError} as one line with exit code 2, anything else as one
     *     line with exit code 1, both with a stack trace under {@code --debug}
     */
    int run(List<String> arguments) throws Exception;

    /**
     * Asks the command to end soon, because of a signal; called once, on another thread. The process is halted 4.5 s
     * after the signal, or at the next one. A command that does not override this is halted at once.
     *
     * @param signal {@code SIGINT}, {@code SIGTERM} or {@code SIGHUP}
     */
    default void interrupt(String signal) {}
}
