// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.stopat.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.UserError;

/**
 * A value that a metric is to reach.
 *
 * @param metric its name
 * @param atLeast whether it is to be at least the value, otherwise at most
 * @param value the value
 */
record Condition(String metric, boolean atLeast, double value) {
    private static final Pattern FORM = Pattern.compile("\\s*([^\\s<>=]+)\\s*(>=|<=)\\s*(\\S+)\\s*");

    /**
     * Reads a condition.
     *
     * @param text a metric, {@code >=} or {@code <=}, and a number
     * @return the condition
     * @throws UserError if it cannot be read
     */
    static Condition parse(String text) {
        Matcher m = FORM.matcher(text);
        if (m.matches()) {
            try {
                double value = Double.parseDouble(m.group(3));
                if (Double.isFinite(value)) {
                    return new Condition(m.group(1), m.group(2).equals(">="), value);
                }
            } catch (NumberFormatException e) {
                throw wrong(text, e);
            }
        }
        throw wrong(text, null);
    }

    private static UserError wrong(String text, Exception cause) {
        return new UserError("StopAtHook: metric is '" + text
                + "', expected a metric, >= or <= and a number, such as 'test/accuracy >= 0.98'", cause);
    }

    /**
     * Tells whether a value is enough.
     *
     * @param actual the metric's value; NaN never is
     * @return whether the condition holds
     */
    boolean holds(double actual) {
        return atLeast ? actual >= value : actual <= value;
    }

    @Override
    public String toString() {
        return metric + (atLeast ? " >= " : " <= ") + value;
    }
}
