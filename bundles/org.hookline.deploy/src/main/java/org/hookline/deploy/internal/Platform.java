// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** What the deployer does to the framework. One implementation works on OSGi; the decisions are made elsewhere. */
interface Platform {
    /** A bundle that was installed by the deployer. */
    interface Handle {}

    /** A step that did not work; the message says why in plain words. */
    final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        /** The package that is missing, or empty text. */
        final String missingPackage;

        Failed(String message, Throwable cause) {
            this(message, "", cause);
        }

        Failed(String message, String missingPackage, Throwable cause) {
            super(message, cause);
            this.missingPackage = missingPackage;
        }
    }

    /** {@return the symbolic names of the bundles that belong to the distribution} */
    Set<String> systemBundles();

    /**
     * Finds out whose a package is.
     *
     * @param name the package
     * @return the bundle of the distribution that exports it
     */
    Optional<String> systemExporter(String name);

    /**
     * Finds out whose a component is.
     *
     * @param name the component
     * @param except the symbolic name of a bundle that does not count
     * @return another bundle that has a component of this name
     */
    Optional<String> componentOwner(String name, String except);

    /** {@return whether the process ends: what fails from then on tells nothing about a jar} */
    boolean ending();

    /** {@return a new set of changes that take effect together; the caller closes it} */
    Swap swap();

    /**
     * Tells whether a bundle is at work; after another one went it may not be.
     *
     * @param handle the bundle
     * @return why not, in plain words
     */
    Optional<String> broken(Handle handle);

    /** Changes that a run sees at one boundary. For one thread. */
    interface Swap extends AutoCloseable {
        /**
         * Installs bundles beside whatever runs, without starting them. Those that cannot be resolved are not left.
         *
         * @param jars files that nobody changes
         * @return a handle each, or why not
         */
        Map<Path, Object> install(Collection<Path> jars);

        /**
         * Starts a bundle; a run does not call its hooks yet.
         *
         * @param handle the bundle
         * @throws Failed if it cannot run; it is then uninstalled
         */
        void start(Handle handle) throws Failed;

        /**
         * Replaces a bundle by a jar in place, for a singleton, which cannot run beside itself. If it fails, what was
         * there before is there again.
         *
         * @param old the bundle
         * @param before the jar that it was made from
         * @param jar the new jar
         * @return the bundle
         * @throws Failed if it cannot run
         */
        Handle update(Handle old, Path before, Path jar) throws Failed;

        /** The first goes when the second is taken up; where a run refuses the second, the first stays. */
        void replace(Handle old, Handle fresh);

        /** It goes. */
        void withdraw(Handle handle);

        /**
         * Has the runs take the changes up, and waits for that.
         *
         * @param giveUp asked now and then whether to stop waiting
         * @return why runs refuse a bundle, by bundle; null where waiting was given up and nothing has changed
         * @throws InterruptedException if the process ends
         */
        Map<Handle, String> commit(BooleanSupplier giveUp) throws InterruptedException;

        /**
         * Uninstalls bundles that no run uses any more.
         *
         * @param handles the bundles
         */
        void remove(List<Handle> handles);

        @Override
        void close();
    }
}
