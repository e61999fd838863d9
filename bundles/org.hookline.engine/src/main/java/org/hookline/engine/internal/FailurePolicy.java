// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.Locale;
import java.util.Optional;
import org.hookline.api.HookKind;

/** What the engine does when a hook throws. */
public sealed interface FailurePolicy {
    /** The run fails. */
    record Abort() implements FailurePolicy {
        @Override
        public String toString() {
            return "abort";
        }
    }

    /** The hook is taken out and the run goes on. */
    record Quarantine() implements FailurePolicy {
        @Override
        public String toString() {
            return "quarantine";
        }
    }

    /**
     * The call is repeated; then the run fails.
     *
     * @param times how often it is repeated
     */
    record Retry(int times) implements FailurePolicy {
        @Override
        public String toString() {
            return "retry " + times;
        }
    }

    /**
     * Reads a policy.
     *
     * @param text {@code abort}, {@code quarantine} or {@code retry N}, in any case
     * @return the policy, or empty if it cannot be read
     */
    static Optional<FailurePolicy> parse(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (lower.equals("abort")) {
            return Optional.of(new Abort());
        }
        if (lower.equals("quarantine")) {
            return Optional.of(new Quarantine());
        }
        if (lower.matches("retry\\s+[1-9][0-9]{0,5}")) {
            return Optional.of(new Retry(Integer.parseInt(lower.substring(5).strip())));
        }
        return Optional.empty();
    }

    /**
     * Gives the policy of a hook that does not say.
     *
     * @param kind the hook's kind
     * @return abort for a hook that changes numbers, quarantine for one that only watches
     */
    static FailurePolicy defaultFor(String kind) {
        return HookKind.TRAINING.equals(kind) ? new Abort() : new Quarantine();
    }
}
