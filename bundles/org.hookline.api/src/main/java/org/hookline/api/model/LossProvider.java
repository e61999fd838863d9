// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.model;

import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A kind of loss, as a service: {@code loss:} in run files names its service property {@value #TYPE}. For any thread.
 */
@ConsumerType
public interface LossProvider {
    /** Service property (String): the name in run files. */
    String TYPE = "hookline.loss";

    /** {@return the options it takes} */
    List<Option> options();

    /**
     * Makes a loss.
     *
     * @param options the checked options
     * @param samples what is trained on
     * @return the loss
     * @throws org.hookline.api.UserError if it does not fit the labels
     */
    Loss create(Options options, SampleSpec samples);
}
