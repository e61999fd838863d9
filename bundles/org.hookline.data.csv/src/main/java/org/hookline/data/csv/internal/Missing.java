// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;

/** What to do where a value is missing. */
enum Missing {
    /** Refuse the file. */
    ERROR,
    /** Leave the row out. */
    DROP,
    /** Take the mean of the column over the training rows. */
    MEAN,
    /** Take 0, before values are standardised. */
    ZERO;

    static Option option() {
        List<String> names = Arrays.stream(values()).map(m -> m.name().toLowerCase(Locale.ROOT)).toList();
        return Option.choice("missing", names, "error",
                "what to do with a missing feature (empty, NA, NaN, null or ?): error; drop the row; mean of the"
                        + " column's training rows; zero");
    }

    static Missing of(Options options) {
        return valueOf(options.text("missing").toUpperCase(Locale.ROOT));
    }
}
