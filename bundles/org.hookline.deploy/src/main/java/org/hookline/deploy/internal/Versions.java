// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import org.osgi.framework.Version;

/** Bundle versions as text. */
final class Versions {
    private Versions() {}

    static int compare(String a, String b) {
        return parse(a).compareTo(parse(b));
    }

    private static Version parse(String text) {
        try {
            return Version.parseVersion(text);
        } catch (IllegalArgumentException e) {
            return Version.emptyVersion;
        }
    }
}
