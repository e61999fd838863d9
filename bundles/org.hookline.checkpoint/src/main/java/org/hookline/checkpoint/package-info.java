// SPDX-License-Identifier: Apache-2.0
/**
 * The folder of a checkpoint. It holds safetensors files with arrays, {@code state.json} with everything else,
 * {@code run.yaml} with the effective run file, and {@code manifest.json} with the SHA-256 of each of them. It is
 * written beside its place, flushed to the disk and renamed: after a crash at any moment it is there whole or not at
 * all.
 */
@Export
@Version("1.0.0")
package org.hookline.checkpoint;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
