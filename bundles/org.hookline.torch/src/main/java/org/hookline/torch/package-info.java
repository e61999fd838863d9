// SPDX-License-Identifier: Apache-2.0
/** What libtorch has and DJL does not expose, through java.lang.foreign. */
@Export
@Version("1.1.0")
package org.hookline.torch;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
