// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.util.Optional;

/** What is allowed in a run and hardly ever meant; each is one line for a warning. */
final class LikelyMistakes {
    /** Steps that might have been, after which a run without one is taken for a mistake. */
    private static final long STEP_EXPECTED = 100;

    private LikelyMistakes() {}

    /**
     * Compares threads with cores.
     *
     * @param threads of one native operation on a CPU; 0 for what libtorch chooses
     * @param cores that the process may use
     * @return what is wrong with more threads than cores
     */
    static Optional<String> threads(int threads, int cores) {
        return threads <= cores ? Optional.empty()
                : Optional.of("threads is " + threads + " and there are " + cores + " cores: libtorch's threads wait "
                        + "for one another awake, and with more of them than cores everything takes many times as "
                        + "long");
    }

    /**
     * Looks at the end of an iteration whether a step is overdue; says so in one iteration of a run alone.
     *
     * @param iterations done by this process
     * @param accumulate iterations of one step
     * @param steps done, and left out by a hook, so far; those of the run that is resumed count
     * @return what is wrong with a run without steps
     */
    static Optional<String> noStep(long iterations, int accumulate, long steps) {
        return iterations != STEP_EXPECTED * accumulate || steps > 0 ? Optional.empty()
                : Optional.of(iterations + " iterations and no optimizer step: no hook asks for one (OptimizerHook "
                        + "does), the weights stay as they are");
    }
}
