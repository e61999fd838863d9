// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;

/**
 * The state of an optimizer: what a checkpoint must hold so that the next step is the same as without it.
 *
 * @param optimizer its type, for example {@code adamw}
 * @param steps the number of steps of each trainable parameter, in the order of the flat array; they differ where
 *     parameters were frozen for a while
 * @param arrays by name, each of the shape of the flat array: {@code exp_avg} and {@code exp_avg_sq}, or
 *     {@code momentum_buffer}
 */
public record OptimizerState(String optimizer, List<Long> steps, Map<String, NDArray> arrays) {
    /**
     * Makes a state.
     *
     * @param optimizer its type
     * @param steps the number of steps of each trainable parameter
     * @param arrays by name
     */
    public OptimizerState {
        steps = List.copyOf(steps);
        arrays = Map.copyOf(arrays);
    }
}
