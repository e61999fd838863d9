// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.io.IOException;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Makes tasks; a service that the trainer bundle offers. For any thread. */
@ConsumerType
public interface TrainingTaskFactory {
    /**
     * Checks what the run asks for: model, data, loss, metrics, optimizer and device are there, and fit one another.
     * Opens the data; makes no parameters and takes no device memory.
     *
     * @param spec the run
     * @return the task; the caller hands it to the loop or closes it
     * @throws org.hookline.api.UserError if something is missing or does not fit
     * @throws IOException if the data cannot be read
     */
    TrainingTask create(RunSpec spec) throws IOException;

    /**
     * Checks what the run asks for, further than the first mistake, without training.
     *
     * @param spec the run
     * @return the mistakes, a line each; empty where {@link #create} would succeed
     */
    List<String> check(RunSpec spec);

    /** {@return the engine and its native library in words, for example {@code PyTorch 2.7.1 (cpu)}} */
    String runtime();
}
