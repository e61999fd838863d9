// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy;

import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What lies in the hot folder and what became of it; a service. For any thread. */
@ProviderType
public interface Deployments {
    /** {@return every file of the hot folder, in the order of their names} */
    List<Deployment> list();

    /**
     * A file of the hot folder at one moment.
     *
     * @param file the file
     * @param bundle the bundle's symbolic name, or empty text where it could not be read
     * @param version the bundle's version, or empty text
     * @param state what became of it
     * @param reason why it was rejected, in plain words; empty otherwise
     */
    record Deployment(Path file, String bundle, String version, State state, String reason) {}

    /** What became of a file. */
    enum State {
        /** It runs. */
        DEPLOYED,
        /** It does not run; what ran before it still does. */
        REJECTED
    }
}
