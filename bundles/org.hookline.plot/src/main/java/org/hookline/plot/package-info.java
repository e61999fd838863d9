// SPDX-License-Identifier: Apache-2.0
/** Curves as lines of text and as PNG files. */
@Export
@Version("1.0.0")
package org.hookline.plot;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
