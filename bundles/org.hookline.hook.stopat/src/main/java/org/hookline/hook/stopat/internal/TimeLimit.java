// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.stopat.internal;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.UserError;

/** A time as people write it: {@code 2h30m}. */
final class TimeLimit {
    private static final Pattern WHOLE = Pattern.compile("(\\d+\\s*[dhms]\\s*)+");
    private static final Pattern PART = Pattern.compile("(\\d+)\\s*([dhms])");

    private TimeLimit() {}

    /**
     * Reads a time.
     *
     * @param text one or more whole numbers, each with d, h, m or s
     * @return the time
     * @throws UserError if it cannot be read or is 0
     */
    static Duration parse(String text) {
        Duration sum = Duration.ZERO;
        if (WHOLE.matcher(text.strip()).matches()) {
            Matcher part = PART.matcher(text);
            try {
                while (part.find()) {
                    long n = Long.parseLong(part.group(1));
                    sum = sum.plus(switch (part.group(2)) {
                        case "d" -> Duration.ofDays(n);
                        case "h" -> Duration.ofHours(n);
                        case "m" -> Duration.ofMinutes(n);
                        default -> Duration.ofSeconds(n);
                    });
                }
            } catch (NumberFormatException | ArithmeticException e) {
                sum = Duration.ZERO;
            }
        }
        if (sum.isZero()) {
            throw new UserError("StopAtHook: time is '" + text + "', expected a time such as 2h30m, 90m or 45s");
        }
        return sum;
    }
}
