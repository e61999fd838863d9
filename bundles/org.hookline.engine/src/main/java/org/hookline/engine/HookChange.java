// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.time.Duration;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Changes to the hooks of several bundles that take effect together, at one boundary between two iterations of each
 * run. For each bundle it is all or nothing: if one of its hooks cannot start or refuses the state of the one before
 * it, none of them is used, what they would have replaced goes on, and {@link #refused} says why.
 *
 * <p>Used by one thread, from {@link TrainingEngine#change} to {@link #close}:
 *
 * <pre>{@code
 * try (HookChange change = engine.change()) {
 *     change.hold(fresh.getBundleId());
 *     change.replace(old.getBundleId(), fresh.getBundleId());
 *     fresh.start();                       // beside the old one; its hooks are not called yet
 *     change.commit();
 *     while (!change.await(Duration.ofSeconds(1))) { ... }
 *     Bundle loser = change.refused().isEmpty() ? old : fresh;
 *     loser.uninstall();                   // nobody calls it any more: returns at once
 * }
 * }</pre>
 */
@ProviderType
public interface HookChange extends AutoCloseable {
    /**
     * Holds a bundle's hooks back: those whose services come from now on are not called before {@link #commit}.
     *
     * @param bundleId the bundle's number
     */
    void hold(long bundleId);

    /**
     * Takes a bundle's hooks out in the same change, although their services are still there.
     *
     * @param bundleId the bundle's number
     */
    void withdraw(long bundleId);

    /**
     * Takes a bundle's hooks out in the same change in favour of another bundle's; where those are refused, they stay.
     *
     * @param bundleId the bundle's number
     * @param byBundleId the number of the other bundle, which is held back
     */
    void replace(long bundleId, long byBundleId);

    /** Asks for the change at the next boundary of each run; where none is going on it is done at once. */
    void commit();

    /**
     * Waits for the boundary of each run.
     *
     * @param atMost for so long
     * @return whether the change has been made, or refused
     * @throws InterruptedException if the thread is interrupted
     */
    boolean await(Duration atMost) throws InterruptedException;

    /**
     * Gives the change up. What a run has taken up already it keeps until the services go.
     *
     * @return whether no run had taken it up
     */
    boolean cancel();

    /** {@return the bundles whose hooks were not taken up, and why, in one line} */
    Map<Long, String> refused();

    /** Ends it; one that was not committed is cancelled. */
    @Override
    void close();
}
