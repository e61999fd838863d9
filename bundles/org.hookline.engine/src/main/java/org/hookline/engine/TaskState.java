// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * The state of a {@link ResumableTask}.
 *
 * @param values by name, of the types that {@link org.hookline.api.StatefulHook} allows
 * @param arrays by group and name: the group {@code model} has parameters and buffers, {@code optimizer} the
 *     optimizer's arrays
 */
public record TaskState(Map<String, Object> values, Map<String, Map<String, NDArray>> arrays) {
    /** The group of the model's parameters and buffers. */
    public static final String MODEL = "model";
}
