// SPDX-License-Identifier: Apache-2.0
/** DJL's engine as a service that starts on first use. */
@Export
@Version("1.0.0")
package org.hookline.djl;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
