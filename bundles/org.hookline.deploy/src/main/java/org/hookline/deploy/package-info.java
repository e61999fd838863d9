// SPDX-License-Identifier: Apache-2.0
/** What was deployed into a running process, as a service that others can ask. */
@Export
@Version("1.0.0")
package org.hookline.deploy;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
