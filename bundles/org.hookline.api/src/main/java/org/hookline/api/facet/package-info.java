// SPDX-License-Identifier: Apache-2.0
/**
 * The parts of a trainer that a hook may use: gradients, step, weights, precision, evaluation, checkpoints, what the
 * model is made of, random numbers, snapshots.
 */
@Export
@Version("1.0.0")
package org.hookline.api.facet;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
