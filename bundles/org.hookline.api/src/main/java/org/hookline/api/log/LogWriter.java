// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import java.io.IOException;
import java.util.List;
import org.hookline.api.RunInfo;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A writer of metrics, as a service. The logger hook calls each writer from one thread, never two calls at a time; a
 * writer that fails or blocks is taken out and never stops the run.
 *
 * <p>A writer that carries the service property {@code run.id} belongs to that run; one without takes part in every
 * run.
 */
@ConsumerType
public interface LogWriter {
    /**
     * Starts writing a run. A writer that joins a running run gets this call too.
     *
     * @param run the run
     * @throws IOException if it cannot write
     */
    void open(RunInfo run) throws IOException;

    /**
     * The run goes on from a checkpoint: called after {@link #open}, before the first record. What this writer has of
     * the checkpoint's iteration and of later ones is to be taken back: this run writes the later ones again, or never
     * had them, like an evaluation that was made because the run was stopped. What it had written of the iteration
     * itself when the checkpoint was taken is given here, to be written again. A writer that has nothing of the run, in
     * a new folder say, leaves it.
     *
     * @param iteration the number of iterations completed
     * @param records of this iteration, oldest first; may be empty
     * @throws IOException if it cannot write
     */
    default void resumed(long iteration, List<LogRecord> records) throws IOException {}

    /**
     * Writes a record.
     *
     * @param entry the record
     * @throws IOException if it cannot write
     */
    void write(LogRecord entry) throws IOException;

    /**
     * Ends writing.
     *
     * @throws IOException if it cannot write
     */
    void close() throws IOException;
}
