// SPDX-License-Identifier: Apache-2.0
/** Run files: reading, merging, checking and their JSON schema. Plain Java; what is installed is passed in. */
@Export
@Version("1.1.0")
package org.hookline.runfile;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
