// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A task whose state can be saved and taken up again, so that a run can go on exactly where another one was. Everything
 * random in it is a function of the seed and the iteration. Training thread only, except where a method says otherwise.
 */
@ConsumerType
public interface ResumableTask extends TrainingTask {
    /**
     * Copies the state. Called between iterations.
     *
     * @return the state; its arrays do not change until {@link #releaseState}, and only one state is out at a time
     */
    TaskState saveState();

    /**
     * Gives a state of {@link #saveState} back. For any thread.
     *
     * @param state the state
     */
    void releaseState(TaskState state);

    /**
     * Takes a state up. Called after {@link #open}, before {@link #beginEpoch}.
     *
     * @param state what {@link #saveState} gave; the arrays are copied
     * @throws org.hookline.api.UserError if it is that of another model, optimizer or data set
     */
    void loadState(TaskState state);

    /**
     * Takes weights alone. Called after {@link #open}, before {@link #beginEpoch}.
     *
     * @param file a checkpoint's folder, a safetensors file or a DJL {@code .params} file
     * @return what did not match
     * @throws org.hookline.api.UserError if the file cannot be used, a shape differs, or no name matches
     * @throws IOException if it cannot be read
     */
    Loaded loadWeights(Path file) throws IOException;

    /**
     * Writes the parameters in DJL's own format.
     *
     * @param file the file
     * @throws IOException if it cannot be written
     */
    void exportParameters(Path file) throws IOException;

    /**
     * What came of loading weights.
     *
     * @param file the file
     * @param loaded how many parameters and buffers were found
     * @param missing names of the model that the file lacks; they keep their values
     * @param unexpected names of the file that the model lacks
     */
    record Loaded(Path file, int loaded, List<String> missing, List<String> unexpected) {
        /** {@return the same in one line} */
        public String text() {
            return "weights of " + file + ": " + loaded + " loaded"
                    + (missing.isEmpty() ? "" : "; missing (left as initialised): " + some(missing))
                    + (unexpected.isEmpty() ? "" : "; unexpected (not used): " + some(unexpected));
        }

        private static String some(List<String> names) {
            int shown = 8;
            return String.join(", ", names.size() <= shown ? names : names.subList(0, shown))
                    + (names.size() <= shown ? "" : " and " + (names.size() - shown) + " more");
        }
    }
}
