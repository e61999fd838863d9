// SPDX-License-Identifier: Apache-2.0
package org.hookline.stepping;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/** What happens when a gradient is infinite or NaN. */
public enum NonFinite {
    /** Nothing; nothing is read from the device either. */
    IGNORE,
    /** The step is left out and counted as skipped. */
    SKIP,
    /** The run fails. */
    ABORT;

    /**
     * Reads a policy as a run file gives it.
     *
     * @param hook the hook's type, for the message
     * @param text {@code ignore}, {@code skip} or {@code abort}, in any case
     * @return the policy
     * @throws UserError if there is no such policy
     */
    public static NonFinite parse(String hook, String text) {
        for (NonFinite policy : values()) {
            if (policy.key().equalsIgnoreCase(text.strip())) {
                return policy;
            }
        }
        List<String> known = Arrays.stream(values()).map(NonFinite::key).toList();
        throw new UserError(hook + ": on_nonfinite is '" + text + "'" + Nearest.suggest(text.strip(), known));
    }

    private String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
