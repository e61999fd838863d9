// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import java.util.List;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * When checkpoints are written, and which are kept.
 *
 * @param epochPeriod passes between two; 0 for none
 * @param iterPeriod iterations between two; 0 for none
 * @param saveLast whether the end is written, whatever the periods are
 * @param keep the newest so many; 0 for all
 * @param waitForDisk whether a checkpoint that is due while another is being written is waited for, not left out
 * @param metric by which the best are kept, or empty text
 * @param mode {@code auto}, {@code max} or {@code min}
 * @param topK the best so many
 * @param exportParams whether DJL's own files are written at the end
 * @param folder in that of the run
 */
public record CheckPointSettings(
        int epochPeriod, long iterPeriod, boolean saveLast, int keep, boolean waitForDisk, String metric, String mode,
        int topK, boolean exportParams, String folder) {
    /** Each epoch and the end, all kept. */
    public static final CheckPointSettings DEFAULT =
            new CheckPointSettings(1, 0, true, 0, false, "", "auto", 1, true, "checkpoints");

    private static final List<String> MODES = List.of("auto", "max", "min");

    /**
     * Checks the parameters of a run file.
     *
     * @param c the parameters
     * @return the settings
     * @throws UserError if one is wrong
     */
    static CheckPointSettings of(CheckPointConfig c) {
        atLeast("epoch_period", c.epochPeriod(), 0);
        atLeast("iter_period", c.iterPeriod(), 0);
        atLeast("max_num_checkpoints", c.maxNumCheckpoints(), 0);
        atLeast("top_k", c.topK(), 1);
        if (!MODES.contains(c.mode())) {
            throw new UserError("CheckPointHook: mode is '" + c.mode() + "'" + Nearest.suggest(c.mode(), MODES));
        }
        String folder = c.folder().strip();
        if (folder.isEmpty() || folder.contains("..") || folder.startsWith("/")) {
            throw new UserError("CheckPointHook: folder is '" + c.folder()
                    + "', expected the name of a folder in that of the run");
        }
        return new CheckPointSettings(c.epochPeriod(), c.iterPeriod(), c.saveLast(), c.maxNumCheckpoints(),
                c.waitForDisk(), c.metric().strip(), c.mode(), c.topK(), c.exportParams(), folder);
    }

    private static void atLeast(String key, long value, long min) {
        if (value < min) {
            throw new UserError("CheckPointHook: " + key + " is " + value + ", expected " + min + " or more");
        }
    }

    /**
     * Tells why a checkpoint is due at a moment, by the periods.
     *
     * @param completed iterations so far
     * @param perPass iterations of a pass over the data
     * @param total iterations of the run
     * @return the reason
     */
    Optional<String> due(long completed, int perPass, long total) {
        if (completed >= total && saveLast) {
            return Optional.of("end");
        }
        long passes = completed / perPass;
        if (completed % perPass == 0 && epochPeriod > 0 && passes % epochPeriod == 0) {
            return Optional.of("epoch " + passes);
        }
        return iterPeriod > 0 && completed % iterPeriod == 0 ? Optional.of("iteration " + completed) : Optional.empty();
    }
}
