// SPDX-License-Identifier: Apache-2.0
/**
 * What a hook's own tests need, in a container: {@link org.hookline.testing.HooklineOptions} puts the whole
 * distribution and the hook into a forked Felix, {@link org.hookline.testing.Hookline} trains there. Unit tests,
 * without a container, are the business of {@code org.hookline.testkit}, which comes along with this artifact.
 */
@Export
@Version("1.0.0")
package org.hookline.testing;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
