// SPDX-License-Identifier: Apache-2.0
/** How an optimizer hook steps: accumulation, clipping, and what happens to gradients that are not finite. */
@Export
@Version("1.1.0")
package org.hookline.stepping;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
