// SPDX-License-Identifier: Apache-2.0
/** What a hook is, and what it sees of the run that calls it. */
@Export
@Version("1.1.0")
package org.hookline.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
