// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link TensorboardLoggerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "TensorboardLoggerHook",
        description = "Writes scalars, images, histograms and the run file as TensorBoard's event files.")
public @interface TensorboardLoggerConfig {
    /** {@return the folder, relative to the run's folder} */
    @AttributeDefinition(
            name = "folder",
            description = "The folder of the event files, relative to the run's folder. Default tensorboard.")
    String folder() default TensorboardLoggerHook.DEFAULT_FOLDER;
}
