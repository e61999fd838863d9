// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import java.util.List;
import java.util.Map;
import org.hookline.safetensors.Tensor;

/**
 * What a checkpoint holds.
 *
 * @param run the name of the run
 * @param reason in a few words
 * @param epoch the number of passes over the data that were completed
 * @param iteration the number of iterations completed
 * @param tensors by file, without its ending: {@code model} and {@code optimizer}, for example
 * @param state everything else by name, of the types that {@link org.hookline.api.StatefulHook} allows
 * @param runFile the effective run file
 */
public record CheckpointContent(
        String run, String reason, long epoch, long iteration, Map<String, List<Tensor>> tensors,
        Map<String, Object> state, String runFile) {}
