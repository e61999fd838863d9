// SPDX-License-Identifier: Apache-2.0
/** The declared, typed options of a data set, model, loss or metric. */
@Export
@Version("1.1.0")
package org.hookline.api.options;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
