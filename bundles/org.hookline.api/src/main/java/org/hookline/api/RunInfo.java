// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/**
 * What a run is; immutable, for any thread.
 *
 * @param id unique among the runs of this process; hook configurations carry it as {@code run.id}
 * @param name from the run file
 * @param folder where the run writes: {@code output/<run name>/<start time>}
 * @param started when it started
 * @param seed of every random choice in the run
 * @param device in words, for example {@code cpu} or {@code gpu:0 (NVIDIA H200)}
 * @param configuration the effective run file after merging, as maps, lists, text, numbers and booleans
 */
public record RunInfo(
        String id, String name, Path folder, Instant started, long seed, String device,
        Map<String, Object> configuration) {}
