// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.model;

import ai.djl.nn.Block;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A family of models, as a service: the {@code type} of {@code model:} in run files is the service property
 * {@value #TYPE}. For any thread.
 */
@ConsumerType
public interface ModelProvider {
    /** Service property (String): the name in run files. */
    String TYPE = "hookline.model";

    /** {@return the options it takes} */
    List<Option> options();

    /**
     * Makes a model, not initialised. Its input has the shape (batch, features...), its output the shape
     * (batch, outputs).
     *
     * @param options the checked options
     * @param samples what it is to be trained on
     * @return the block
     * @throws org.hookline.api.UserError if the samples' shape does not fit this model; one line with both shapes
     */
    Block create(Options options, SampleSpec samples);
}
