// SPDX-License-Identifier: Apache-2.0
/** Hookline in a program of one's own, on the class path or the module path, without OSGi. */
@Export
@Version("1.0.0")
package org.hookline.library;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
