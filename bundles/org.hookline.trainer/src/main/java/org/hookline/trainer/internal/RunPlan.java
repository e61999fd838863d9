// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.nn.Block;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.hookline.api.data.Dataset;
import org.hookline.api.facet.Precision;
import org.hookline.api.model.Loss;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;

/**
 * A run whose parts were found and checked against one another.
 *
 * @param spec what was asked for
 * @param device where it computes
 * @param precision in which type
 * @param switches how libtorch is to compute
 * @param data how samples are taken
 * @param dataset open; closed by the task
 * @param batches of an epoch
 * @param block the model, not initialised
 * @param freshBlock makes the same model once more
 * @param loss the loss
 * @param metrics of evaluations
 * @param optimizer its checked options
 * @param torch what DJL does not offer, if it is there
 */
record RunPlan(
        RunSpec spec, Device device, Precision.Type precision, ComputeSwitches switches, DataSettings data,
        Dataset dataset, int batches, Block block, Supplier<Block> freshBlock, Loss loss, List<MetricPlan> metrics,
        OptimizerOptions optimizer, Optional<Torch> torch) {}
