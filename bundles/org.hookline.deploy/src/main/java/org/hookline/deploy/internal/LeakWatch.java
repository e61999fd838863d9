// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hookline.deploy.Deployments.Leak;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers, weakly, the class loaders of bundles that went. One that outlives two full collections is held by somebody
 * and is reported once. Nothing is collected on its account while a run goes on: that would stop the training thread.
 */
final class LeakWatch {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.deploy");
    private static final int COLLECTIONS = 2;

    private static final class Gone {
        final Leak leak;
        final WeakReference<ClassLoader> loader;
        final long collections;
        boolean told;

        Gone(Leak leak, ClassLoader loader, long collections) {
            this.leak = leak;
            this.loader = new WeakReference<>(loader);
            this.collections = collections;
        }
    }

    private final List<Gone> gone = new ArrayList<>();
    private final Clock clock;

    /**
     * Begins.
     *
     * @param clock tells when a bundle went
     */
    LeakWatch(Clock clock) {
        this.clock = clock;
    }

    /**
     * A bundle goes.
     *
     * @param bundle its symbolic name
     * @param version its version
     * @param loader its class loader
     */
    synchronized void add(String bundle, String version, ClassLoader loader) {
        gone.add(new Gone(new Leak(bundle, version, clock.instant()), loader, fullCollections()));
    }

    /** Reports those that are held. */
    synchronized void look() {
        gone.removeIf(g -> g.loader.refersTo(null));
        long now = fullCollections();
        for (Gone g : gone) {
            if (!g.told && now >= g.collections + COLLECTIONS) {
                g.told = true;
                LOG.warn("{} {} went, but its classes are still held by somebody after {} full collections: by a "
                        + "thread, a static field or a listener that it has left behind, or by the compiled code "
                        + "that the training is inside; hookline hooks --leaks tells which", g.leak.bundle(),
                        g.leak.version(), now - g.collections);
            }
        }
    }

    /** Collects the garbage, so often that what is there afterwards is held. */
    static void collect() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
    }

    /**
     * Lists them.
     *
     * @param collected whether the garbage was collected just now
     * @return those that are held
     */
    synchronized List<Leak> leaks(boolean collected) {
        look();
        long now = fullCollections();
        return gone.stream().filter(g -> collected || now >= g.collections + COLLECTIONS).map(g -> g.leak).toList();
    }

    private static long fullCollections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                // Its pools have the old generation among them, and it collects next to nothing of that.
                .filter(b -> !b.getName().equals("G1 Young Generation"))
                .filter(b -> Arrays.stream(b.getMemoryPoolNames()).anyMatch(p -> p.contains("Old")
                        || p.contains("Tenured")))
                .mapToLong(GarbageCollectorMXBean::getCollectionCount).max().orElse(0);
    }
}
