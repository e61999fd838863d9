// SPDX-License-Identifier: Apache-2.0
/** Data sets as services. */
@Export
@Version("1.1.0")
package org.hookline.api.data;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
