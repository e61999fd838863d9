// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;
import org.hookline.torch.internal.Opening;

/** Opens {@link Torch} without OSGi, for tests and programs with DJL on their class path. */
public final class TorchLoader {
    private TorchLoader() {}

    /**
     * Starts DJL's PyTorch engine, if it is not up yet, and opens the libtorch that it uses.
     *
     * @return the operations; for any number of uses
     */
    public static Torch load() {
        return Loaded.TORCH;
    }

    /**
     * Opens the libtorch of a folder. DJL must have loaded it from there, or there would be two in the process.
     *
     * @param folder with {@code libtorch_cpu} and {@code libc10}
     * @return the operations; those that were not found are {@link Torch#missing}
     */
    public static Torch open(Path folder) {
        return Opening.open(folder, "unknown");
    }

    private static final class Loaded {
        static final Torch TORCH = load();

        private static Torch load() {
            Engine engine = Engine.getEngine("PyTorch");
            return Opening.open(Path.of(LibUtils.getLibtorchPath()), engine.getVersion());
        }
    }
}
