// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.util.List;
import java.util.Optional;
import org.hookline.api.UserError;

/**
 * What came of reading a run file.
 *
 * @param runFile the run file, where its core (everything but the hooks) is free of mistakes
 * @param mistakes all that were found, in the order of the file; empty where it can be run
 */
public record Reading(Optional<RunFile> runFile, List<Mistake> mistakes) {
    /** Copies the list. */
    public Reading {
        mistakes = List.copyOf(mistakes);
    }

    /**
     * Insists on a run file without mistakes.
     *
     * @return the run file
     * @throws UserError with the first mistake otherwise
     */
    public RunFile require() {
        if (mistakes.isEmpty()) {
            return runFile.orElseThrow();
        }
        int more = mistakes.size() - 1;
        throw new UserError(mistakes.getFirst() + (more == 0 ? ""
                : " (and " + more + (more == 1 ? " more mistake" : " more mistakes") + ": hookline check lists them)"));
    }
}
