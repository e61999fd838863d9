// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.List;
import java.util.Optional;
import org.hookline.api.options.Nearest;

/** Reads single values and notes what is wrong with them. */
final class Values {
    private final Findings findings;

    Values(Findings findings) {
        this.findings = findings;
    }

    /** Reads text; a number counts as the text it was written as. */
    Optional<String> text(String what, Tree value) {
        if (value instanceof Tree.Leaf leaf && leaf.value() != null && !leaf.text().isBlank()) {
            return Optional.of(leaf.text().strip());
        }
        return wrong(what, value, "text");
    }

    Optional<Long> integer(String what, Tree value, long min, long max) {
        Optional<Long> number = value instanceof Tree.Leaf leaf ? wholeNumber(leaf.value()) : Optional.empty();
        if (number.isEmpty() || number.get() < min || number.get() > max) {
            return wrong(what, value, "a whole number" + (max >= Integer.MAX_VALUE ? ", " + min + " or more"
                    : " between " + min + " and " + max));
        }
        return number;
    }

    Optional<String> choice(String what, Tree value, List<String> choices) {
        if (value instanceof Tree.Leaf leaf && leaf.value() != null && choices.contains(leaf.text())) {
            return Optional.of(leaf.text());
        }
        String near = value instanceof Tree.Leaf leaf
                ? Nearest.of(leaf.text(), choices).map(n -> "; did you mean '" + n + "'?").orElse("") : "";
        findings.add(value.at(), what + " is " + value.show() + ", expected "
                + (choices.size() == 2 ? String.join(" or ", choices) : "one of " + String.join(", ", choices)) + near);
        return Optional.empty();
    }

    <T> Optional<T> wrong(String what, Tree value, String expected) {
        findings.add(value.at(), what + " is " + value.show() + ", expected " + expected);
        return Optional.empty();
    }

    /** Reads a whole number, also one written as 1e3. */
    static Optional<Long> wholeNumber(Object value) {
        return switch (value) {
            case Long l -> Optional.of(l);
            case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> Optional.of(d.longValue());
            case null, default -> Optional.empty();
        };
    }
}
