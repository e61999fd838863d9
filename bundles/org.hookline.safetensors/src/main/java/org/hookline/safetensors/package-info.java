// SPDX-License-Identifier: Apache-2.0
/**
 * The safetensors format: an 8-byte little-endian length, a JSON header, and the values of named tensors. Files are
 * read and written as the Rust and Python libraries of the format do.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
@Export
@Version("1.0.0")
package org.hookline.safetensors;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
