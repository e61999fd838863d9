// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.options;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the name that a person probably meant. */
public final class Nearest {
    private Nearest() {}

    /**
     * Gives the nearest name.
     *
     * @param given what was written
     * @param known the names there are
     * @return the nearest known name, if one is near enough to be meant
     */
    public static Optional<String> of(String given, Collection<String> known) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String name : known) {
            int distance = distance(fold(given), fold(name));
            if (distance < bestDistance) {
                bestDistance = distance;
                best = name;
            }
        }
        int limit = Math.max(2, given.length() / 3);
        return best != null && bestDistance <= limit ? Optional.of(best) : Optional.empty();
    }

    /**
     * Ends an error message: with the nearest name, or with all there are.
     *
     * @param given what was written
     * @param known the names there are
     * @return {@code "; did you mean 'x'? (a, b, x)"} or {@code "; there are: a, b, x"}
     */
    public static String suggest(String given, Collection<String> known) {
        String all = String.join(", ", known);
        return of(given, known)
                .map(n -> "; did you mean '" + n + "'? (there are: " + all + ")")
                .orElse(known.isEmpty() ? "; there are none" : "; there are: " + all);
    }

    private static String fold(String text) {
        return text.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "").replace(".", "");
    }

    /** Damerau-Levenshtein distance in its restricted form: neighbouring letters exchanged count once. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
