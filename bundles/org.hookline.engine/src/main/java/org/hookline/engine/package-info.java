// SPDX-License-Identifier: Apache-2.0
/** The training loop and the live set of hooks; what a trainer implements and what starts runs. */
@Export
@Version("1.2.0")
package org.hookline.engine;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
