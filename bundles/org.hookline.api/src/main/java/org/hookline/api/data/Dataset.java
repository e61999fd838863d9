// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/** An open data set. For any thread; closed by the run that opened it. */
@ConsumerType
public interface Dataset extends AutoCloseable {
    /** The name of the split that is trained on. */
    String TRAIN = "train";

    /** The usual name of the split for choosing settings. */
    String VALIDATION = "validation";

    /** The usual name of the split for the final score. */
    String TEST = "test";

    /** {@return the shape of the samples} */
    SampleSpec spec();

    /** {@return the splits by name, {@value #TRAIN} among them; the others can be evaluated} */
    Map<String, Split> splits();

    @Override
    default void close() {}
}
