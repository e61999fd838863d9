// SPDX-License-Identifier: Apache-2.0
package org.hookline.testing;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The distribution inside the container of a test; injected there.
 *
 * <pre>{@code
 * @Inject
 * private Hookline hookline;
 * }</pre>
 */
@ProviderType
public interface Hookline {
    /**
     * Trains as {@code bin/hookline train} does, to the end, on the calling thread. Hooks that take no configuration
     * take part; others are named in the run file or in a setting.
     *
     * @param arguments as on the command line: a run file, which is looked for in the project and then in the
     *     distribution, and settings such as {@code train.epochs=2}
     * @return what came out of it
     * @throws org.hookline.api.UserError if the run file or a setting is wrong
     * @throws AssertionError if the run fails; the message says why
     */
    TrainedRun train(String... arguments);

    /** {@return the folder in which a jar is deployed while a run goes on, as {@code deploy/} of a distribution} */
    Path deployFolder();
}
