// SPDX-License-Identifier: Apache-2.0
/** Writers of metrics as services. */
@Export
@Version("1.2.0")
package org.hookline.api.log;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
