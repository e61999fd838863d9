// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.Progress;

/**
 * What a run is to do; the effective run file in typed form.
 *
 * @param name the run's name
 * @param seed of every random choice
 * @param mode by epoch or by iteration
 * @param epochs the number of epochs in epoch mode, otherwise 0
 * @param iterations the number of iterations in iteration mode, otherwise 0
 * @param device {@code auto}, {@code cpu} or {@code gpu:N}
 * @param precision {@code fp32}, {@code fp16} or {@code bf16}
 * @param accumulate micro-batches of one optimizer step
 * @param threads threads of one native operation; 0 for the library's choice
 * @param model type and options
 * @param data type and options, {@code batch_size} among them
 * @param loss type and options
 * @param metrics types and options; empty for the defaults of the data
 * @param optimizer type and options
 * @param baseFolder the folder of the run file, from which relative paths are taken
 * @param configuration the whole effective run file
 */
public record RunSpec(
        String name, long seed, Progress.Mode mode, int epochs, long iterations, String device, String precision,
        int accumulate, int threads, Section model, Section data, Section loss, List<Section> metrics,
        Section optimizer, Path baseFolder, Map<String, Object> configuration) {

    /**
     * A part of a run file that names a type and gives its options.
     *
     * @param type the name
     * @param options the rest, by key
     */
    public record Section(String type, Map<String, Object> options) {}
}
