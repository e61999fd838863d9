// SPDX-License-Identifier: Apache-2.0
/** What the launcher, on the class path, and the commands, in bundles, say to one another. */
@Export
@Version("1.0.0")
package org.hookline.launch;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
