// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** What the deployer does to the framework. One implementation works on OSGi; the decisions are made elsewhere. */
interface Platform {
    /** A bundle that was installed by the deployer. */
    interface Handle {}

    /** A step that did not work; the message says why in plain words. */
    final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** {@return the symbolic names of the bundles that belong to the distribution} */
    Set<String> systemBundles();

    /**
     * Installs, resolves and starts a bundle beside whatever runs. If anything fails, nothing is left.
     *
     * @param jar a file that nobody changes
     * @return the running bundle
     * @throws Failed if it cannot run
     */
    Handle start(Path jar) throws Failed;

    /**
     * Explains why a running bundle brings nothing to a training run.
     *
     * @param bundle the bundle
     * @return the reason, or empty where it offers a hook or another part of a run
     */
    Optional<String> uselessness(Handle bundle);

    /**
     * Stops and uninstalls a bundle; returns when its services are not used any more.
     *
     * @param bundle the bundle
     */
    void remove(Handle bundle);
}
