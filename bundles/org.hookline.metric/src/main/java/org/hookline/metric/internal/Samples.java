// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Options;

/** Checks that a metric fits the labels. */
final class Samples {
    private Samples() {}

    static void mustHaveClasses(Options options, SampleSpec samples) {
        if (!samples.isClassification()) {
            throw new UserError(options.owner() + ": it is for classes, but the labels are " + samples.outputs()
                    + " numbers; use mae or rmse");
        }
    }

    static void mustHaveNumbers(Options options, SampleSpec samples) {
        if (samples.isClassification()) {
            throw new UserError(options.owner() + ": it is for numbers, but the labels are " + samples.classes().size()
                    + " classes; use accuracy, top_k, precision, recall or f1");
        }
    }
}
