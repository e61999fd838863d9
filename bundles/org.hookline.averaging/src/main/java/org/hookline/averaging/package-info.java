// SPDX-License-Identifier: Apache-2.0
/** The averaged copy of a model's weights, as the averaging hooks keep it. */
@Export
@Version("1.0.0")
package org.hookline.averaging;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
