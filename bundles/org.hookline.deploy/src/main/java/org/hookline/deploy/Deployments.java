// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What lies in the hot folders and what became of it; a service. For any thread. */
@ProviderType
public interface Deployments {
    /** {@return every file of {@code deploy/} and every {@code .cfg} of {@code conf/}, in the order of their names} */
    List<Deployment> list();

    /**
     * Puts a jar into {@code deploy/}, as copying it there does, and waits for what becomes of it.
     *
     * @param jar the jar, anywhere
     * @return what became of it
     * @throws IOException if it cannot be copied
     * @throws InterruptedException if the thread is interrupted
     */
    Deployment deploy(Path jar) throws IOException, InterruptedException;

    /**
     * Deletes files of {@code deploy/} and waits until no run uses what was in them.
     *
     * @param files from {@link #list}
     * @throws IOException if one cannot be deleted
     * @throws InterruptedException if the thread is interrupted
     */
    void undeploy(List<Path> files) throws IOException, InterruptedException;

    /**
     * Tells which bundles that went are still held in memory.
     *
     * @param collect whether to have the garbage collected first, which stops all threads for a moment; without it a
     *     bundle counts as held only after full collections that came by themselves did not free it
     * @return one for each class loader that is still there
     */
    List<Leak> leaks(boolean collect);

    /**
     * A file at one moment.
     *
     * @param file the file
     * @param bundle the bundle's symbolic name, or empty text where it could not be read or is no jar
     * @param version the bundle's version, or empty text
     * @param hooks the names of its components that are hooks
     * @param state what became of it
     * @param reason why it was rejected, in plain words; empty otherwise
     */
    record Deployment(Path file, String bundle, String version, List<String> hooks, State state, String reason) {
        /** Copies the list. */
        public Deployment {
            hooks = List.copyOf(hooks);
        }
    }

    /**
     * A bundle that went and whose classes are still held by somebody.
     *
     * @param bundle its symbolic name
     * @param version its version
     * @param since when it went
     */
    record Leak(String bundle, String version, Instant since) {}

    /** What became of a file. */
    enum State {
        /** It runs, or its settings hold. */
        DEPLOYED,
        /** It is not used; what ran before it still does. */
        REJECTED
    }
}
