// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.freeze.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/** Patterns of names, in which {@code *} stands for any text and {@code ?} for one character. */
final class Globs {
    private Globs() {}

    private static Pattern compile(String glob) {
        StringBuilder regex = new StringBuilder();
        glob.codePoints().forEach(c -> {
            switch (c) {
                case '*' -> regex.append(".*");
                case '?' -> regex.append('.');
                default -> regex.append(Pattern.quote(Character.toString(c)));
            }
        });
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    /**
     * Finds names.
     *
     * @param patterns the patterns
     * @param names the names
     * @return the names that at least one pattern fits, in their order
     * @throws UserError if there is no pattern, or one that fits no name
     */
    static List<String> select(String[] patterns, List<String> names) {
        if (patterns.length == 0) {
            throw new UserError("FreezeHook: parameters is empty, expected patterns of names, such as '01*'");
        }
        boolean[] chosen = new boolean[names.size()];
        for (String glob : patterns) {
            Pattern pattern = compile(glob.strip());
            boolean fits = false;
            for (int i = 0; i < chosen.length; i++) {
                if (pattern.matcher(names.get(i)).matches()) {
                    chosen[i] = true;
                    fits = true;
                }
            }
            if (!fits) {
                throw new UserError("FreezeHook: no parameter fits '" + glob + "'" + Nearest.suggest(glob, names));
            }
        }
        List<String> found = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i]) {
                found.add(names.get(i));
            }
        }
        if (found.size() == names.size()) {
            throw new UserError("FreezeHook: " + Arrays.toString(patterns) + " fit all " + names.size()
                    + " parameters, expected at least one that is trained");
        }
        return found;
    }
}
