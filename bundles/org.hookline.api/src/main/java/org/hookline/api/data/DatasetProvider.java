// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import java.io.IOException;
import java.util.List;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A kind of data set, as a service: the {@code type} of {@code data:} in run files is the service property
 * {@value #TYPE}. For any thread.
 */
@ConsumerType
public interface DatasetProvider {
    /** Service property (String): the name in run files. */
    String TYPE = "hookline.dataset";

    /** {@return the options it takes besides the trainer's own, {@code batch_size} and {@code shuffle}} */
    List<Option> options();

    /**
     * Opens the data set. Nothing is fetched from a network.
     *
     * @param options the checked options
     * @return the data set
     * @throws org.hookline.api.UserError if files are missing, truncated or do not fit; one line, with the path
     * @throws IOException if reading fails otherwise
     */
    Dataset open(Options options) throws IOException;
}
