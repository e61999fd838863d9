// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl;

import ai.djl.engine.Engine;
import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * DJL's PyTorch engine. The service is there at once and costs nothing; the first call that needs libtorch loads it,
 * some hundred megabytes, once for the life of the process. Whoever uses DJL's classes has to call {@link #engine}
 * first: DJL looks for its engine through the context class loader when its classes are first touched, and only here
 * that loader is the right one.
 *
 * <p>Safe for use from several threads; the second waits for the first. libtorch turns gradients off on the thread that
 * loads it: a thread that trains sets its grad mode itself.
 */
@ProviderType
public interface Djl {
    /**
     * The engine, started on first use.
     *
     * @return the engine
     * @throws EngineStartException if libtorch is not there or can not be loaded; the message says in one line which
     *     folder was looked at and what to do
     */
    Engine engine();

    /** {@return the version of DJL, for example {@code 0.36.0}; does not start the engine} */
    String version();

    /**
     * The version of libtorch, by DJL's account.
     *
     * @return for example {@code 2.7.1}
     * @throws EngineStartException as {@link #engine}
     */
    String torchVersion();

    /**
     * The folder that libtorch was loaded from.
     *
     * @return an absolute path
     * @throws EngineStartException as {@link #engine}
     */
    Path torchFolder();

    /**
     * The devices to train on, in the words of a run file.
     *
     * @return {@code gpu:0}, {@code gpu:1} and so on where libtorch can use GPUs, then {@code cpu}
     * @throws EngineStartException as {@link #engine}
     */
    List<String> devices();
}
