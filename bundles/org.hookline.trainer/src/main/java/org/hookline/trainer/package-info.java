// SPDX-License-Identifier: Apache-2.0
/**
 * The DJL trainer, for use with and without OSGi. In OSGi the bundle offers
 * {@link org.hookline.engine.TrainingTaskFactory} as a service; elsewhere {@link org.hookline.trainer.DjlTaskFactory}
 * is made with its constructor.
 */
@Export
@Version("1.0.0")
package org.hookline.trainer;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
