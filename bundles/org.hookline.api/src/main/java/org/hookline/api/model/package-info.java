// SPDX-License-Identifier: Apache-2.0
/** Model families, losses and metrics as services. */
@Export
@Version("1.0.0")
package org.hookline.api.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
