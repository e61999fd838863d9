// SPDX-License-Identifier: Apache-2.0
/** The averaged copy of a model's weights, and what the averaging hooks that keep it have in common. */
@Export
@Version("1.1.0")
package org.hookline.averaging;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
