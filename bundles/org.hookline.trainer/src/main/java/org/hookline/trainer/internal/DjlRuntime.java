// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.torch.Torch;

/** DJL's engine: how it is reached, what it runs on. For any thread. */
public final class DjlRuntime {
    private static final String ENGINE = "PyTorch";

    private DjlRuntime() {}

    /**
     * Gives the engine; loads libtorch the first time.
     *
     * @return the engine
     * @throws UserError if libtorch cannot be loaded
     */
    public static Engine engine() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // DJL finds its engines and libraries through the context class loader, and remembers for ever if it fails.
        thread.setContextClassLoader(JniUtils.class.getClassLoader());
        try {
            return Engine.getEngine(ENGINE);
        } catch (RuntimeException | LinkageError e) {
            throw new UserError("libtorch cannot be loaded: " + rootMessage(e) + "; PYTORCH_LIBRARY_PATH is "
                    + Optional.ofNullable(System.getenv("PYTORCH_LIBRARY_PATH"))
                            .or(() -> Optional.ofNullable(System.getProperty("PYTORCH_LIBRARY_PATH")))
                            .orElse("not set")
                    + ", expected a folder with libtorch and libdjl_torch", e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return firstLine(root);
    }

    /** {@return the first line of a message, or the type of an error without one} */
    static String firstLine(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getClass().getSimpleName()
                : message.strip().lines().findFirst().orElse(message);
    }

    /** {@return a new scope directly under DJL's own} */
    static NDManager newScope(Device device) {
        return engine().newBaseManager(device);
    }

    private static boolean cuda(Engine engine) {
        return engine.hasCapability(StandardCapabilities.CUDA);
    }

    /** {@return engine and library in words, for example {@code PyTorch 2.7.1 (cpu)}} */
    static String describe(Optional<Torch> torch) {
        Engine engine = engine();
        return ENGINE + " " + torch.map(Torch::version).orElseGet(engine::getVersion) + " ("
                + (cuda(engine) ? "cuda" : "cpu") + ")";
    }

    /**
     * Chooses the device.
     *
     * @param text {@code auto}, {@code cpu} or {@code gpu:N}
     * @param torch counts the GPUs, if it can
     * @return the device
     * @throws UserError if it cannot be read, or is not there
     */
    static Device device(String text, Optional<Torch> torch) {
        Engine engine = engine();
        boolean cuda = cuda(engine);
        // libtorch's own count: DJL asks a libcudart that it has to find by itself, and on a server often does not.
        int gpus = cuda ? torch.filter(t -> t.has(Torch.Feature.GPU_COUNT)).map(Torch::gpus)
                .orElseGet(engine::getGpuCount) : 0;
        return device(text, gpus, cuda, LibUtils.getLibtorchPath());
    }

    /** The choice itself, apart from the machine it runs on. */
    static Device device(String text, int gpus, boolean cuda, String library) {
        String wanted = text.strip();
        if (wanted.equals("auto")) {
            return gpus > 0 ? Device.gpu(0) : Device.cpu();
        }
        if (wanted.equals("cpu")) {
            return Device.cpu();
        }
        int number = number(wanted);
        if (number < 0) {
            throw new UserError("device is '" + text + "', expected auto, cpu or gpu:N, for example gpu:0");
        }
        if (number >= gpus) {
            String there = switch (gpus) {
                case 0 -> "there is no GPU that it can use";
                case 1 -> "there is 1 GPU, gpu:0";
                default -> "there are " + gpus + " GPUs, gpu:0 to gpu:" + (gpus - 1);
            };
            throw new UserError("device is '" + text + "', but " + there + " (libtorch in " + library + " is the "
                    + (cuda ? "CUDA" : "CPU") + " flavor); use " + (gpus > 0 ? "gpu:0" : "cpu") + " or auto");
        }
        return Device.gpu(number);
    }

    private static int number(String text) {
        if (text.equals("gpu")) {
            return 0;
        }
        if (!text.matches("gpu:\\d{1,4}")) {
            return -1;
        }
        return Integer.parseInt(text.substring("gpu:".length()));
    }
}
