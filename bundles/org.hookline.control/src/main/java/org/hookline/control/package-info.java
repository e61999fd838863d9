// SPDX-License-Identifier: Apache-2.0
/** Steering a running run. */
@Export
@Version("1.0.0")
package org.hookline.control;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
