// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link CheckPointHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "CheckPointHook",
        description = "Writes checkpoints from which a run goes on as if it had not stopped.")
public @interface CheckPointConfig {
    /** {@return the number of epochs between two checkpoints} */
    @AttributeDefinition(
            name = "epoch_period",
            description = "Write after so many epochs; passes over the data in iteration mode too. 0 = not by epochs. "
                    + "Default 1.",
            min = "0")
    int epochPeriod() default 1;

    /** {@return the number of iterations between two checkpoints} */
    @AttributeDefinition(
            name = "iter_period",
            description = "Write after so many iterations, in both modes. 0 = not by iterations. Default 0.",
            min = "0")
    long iterPeriod() default 0;

    /** {@return whether the end is written} */
    @AttributeDefinition(
            name = "save_last",
            description =
                    "Also write when the run ends, by itself, by a stop or by a signal, whatever the periods are. "
                    + "Default true.")
    boolean saveLast() default true;

    /** {@return how many checkpoints stay} */
    @AttributeDefinition(
            name = "max_num_checkpoints",
            description =
                    "Keep the newest so many; the best ones and that of the end stay as well. 0 = all. Default 0.",
            min = "0")
    int maxNumCheckpoints() default 0;

    /** {@return whether training waits for a checkpoint that is being written when the next one is due} */
    @AttributeDefinition(
            name = "wait_for_disk",
            description =
                    "Whether training waits where a checkpoint is still being written when the next one is due by "
                    + "its period; otherwise that one is left out. Those of the end, of the best and on request are "
                    + "always written. Default false.")
    boolean waitForDisk() default false;

    /** {@return the metric by which the best are kept} */
    @AttributeDefinition(
            name = "metric",
            description = "Also write and keep the checkpoints that are best by this metric, for example "
                    + "test/accuracy. Empty = none. Default empty.")
    String metric() default "";

    /** {@return whether a higher value of the metric is better} */
    @AttributeDefinition(
            name = "mode",
            description = "Whether a higher or a lower value of metric is better; auto = as the metric says, lower for "
                    + "a loss. Default auto.",
            options = {@Option(label = "auto", value = "auto"), @Option(label = "max", value = "max"),
                @Option(label = "min", value = "min")})
    String mode() default "auto";

    /** {@return how many of the best are kept} */
    @AttributeDefinition(name = "top_k", description = "Keep the best so many by metric. Default 1.", min = "1")
    int topK() default 1;

    /** {@return whether DJL's own files are written at the end} */
    @AttributeDefinition(
            name = "export_params",
            description = "At the end also write the final and the best weights in DJL's own format: "
                    + "weights/final-0000.params and weights/best-0000.params. Default true.")
    boolean exportParams() default true;

    /** {@return the folder of the checkpoints} */
    @AttributeDefinition(
            name = "folder",
            description = "Folder of the checkpoints, in that of the run. Default checkpoints.")
    String folder() default "checkpoints";
}
