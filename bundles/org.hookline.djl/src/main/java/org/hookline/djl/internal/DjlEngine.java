// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl.internal;

import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.cuda.CudaUtils;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.hookline.djl.Djl;
import org.hookline.djl.EngineStartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the engine once, with what DJL reads from around it in order: the context class loader, no network, no
 * telemetry, no file unpacked outside a folder of our own.
 */
public final class DjlEngine implements Djl {
    private static final Logger LOG = LoggerFactory.getLogger(DjlEngine.class);

    private static final String LIBRARY_PATH = "PYTORCH_LIBRARY_PATH";

    /** A libtorch of the user's; as a system property set by {@code bin/hookline}. */
    private static final String TORCH_HOME = "hookline.torch.home";

    private final ClassLoader loader;
    private final Path cache;
    private final UnaryOperator<String> environment;
    private volatile Engine engine;
    private EngineStartException failure;

    /**
     * Creates it; nothing is loaded.
     *
     * @param loader the loader of DJL's classes and their resources
     * @param cache for what DJL or JNA have to unpack; made only when needed
     * @param environment environment variables; null for those not set
     */
    public DjlEngine(ClassLoader loader, Path cache, UnaryOperator<String> environment) {
        this.loader = loader;
        this.cache = cache;
        this.environment = environment;
    }

    @Override
    public Engine engine() {
        Engine started = engine;
        return started != null ? started : start();
    }

    private synchronized Engine start() {
        if (engine != null) {
            return engine;
        }
        if (failure != null) {
            throw failure;
        }
        // Looked at before DJL is touched: a wrong folder can still be put right, a failed start of DJL's classes not.
        Path folder = folder();
        prepare(folder);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        long begin = System.nanoTime();
        thread.setContextClassLoader(loader);
        try {
            engine = Engine.getInstance();
        } catch (RuntimeException | LinkageError e) {
            failure = new EngineStartException("libtorch in " + folder + " can not be loaded: " + reason(e)
                    + "; unpack that folder again, or set " + LIBRARY_PATH
                    + " to a folder with libtorch for this machine", e);
            throw failure;
        } finally {
            thread.setContextClassLoader(before);
        }
        LOG.debug("libtorch {} loaded from {} in {} ms", LibUtils.getVersion(), folder,
                (System.nanoTime() - begin) / 1_000_000);
        return engine;
    }

    private Path folder() {
        String home = System.getProperty(TORCH_HOME, "");
        if (!home.isBlank()) {
            TorchHome found = TorchHome.find(Path.of(home), jniVersion(), this::hasJni, version());
            // DJL reads them when its classes are first touched.
            System.setProperty(LIBRARY_PATH, found.folder().toString());
            System.setProperty("PYTORCH_VERSION", found.version());
            System.setProperty("PYTORCH_FLAVOR", found.flavor());
            return found.folder();
        }
        String value = setting(LIBRARY_PATH);
        if (value == null || value.isBlank()) {
            throw new EngineStartException("native library missing: " + LIBRARY_PATH
                    + " is not set; start with bin/hookline, "
                    + "or set it to the folder with " + System.mapLibraryName("torch"), null);
        }
        String library = System.mapLibraryName("torch");
        for (String part : value.split(File.pathSeparator, 0)) {
            Path path = Path.of(part);
            Path folder = path.endsWith(library) ? path.toAbsolutePath().getParent() : path.toAbsolutePath();
            if (Files.isRegularFile(folder.resolve(library))) {
                return folder;
            }
        }
        throw new EngineStartException("native library missing: no " + library + " in " + value + " (" + LIBRARY_PATH
                + "); unpack the distribution again, or set " + LIBRARY_PATH + " to a folder with libtorch", null);
    }

    /** {@return the version of libtorch that DJL's native layer is for} */
    private String jniVersion() {
        String version = property("jnilib/pytorch.properties", "jni_version");
        return version.substring(0, Math.max(version.indexOf('-'), 0));
    }

    private boolean hasJni(String flavor) {
        return loader.getResource("jnilib/" + classifier() + "/" + flavor + "/"
                + System.mapLibraryName("djl_torch")) != null;
    }

    /** DJL's name of this platform, as in its jars. */
    private static String classifier() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
        return (os.startsWith("mac") ? "osx" : os.startsWith("win") ? "win" : "linux") + "-" + arch;
    }

    /** Defaults for what the launcher usually sets; an environment variable or a system property of the user's wins. */
    private void prepare(Path folder) {
        if (environment.apply("DJL_OFFLINE") == null) {
            byDefault("ai.djl.offline", "true");
        }
        if (environment.apply("OPT_OUT_TRACKING") == null) {
            byDefault("OPT_OUT_TRACKING", "true");
        }
        if (environment.apply("DJL_CACHE_DIR") == null) {
            byDefault("DJL_CACHE_DIR", cache.toString());
        }
        if (Files.exists(folder.resolve(System.mapLibraryName("jnidispatch")))
                || Files.exists(folder.resolve("libjnidispatch.jnilib"))) {
            byDefault("jna.boot.library.path", folder.toString());
        }
        // JNA, which DJL asks about GPUs, makes this folder at each start, also where it has nothing to unpack; without
        // the property it would be one in the user's home.
        byDefault("jna.tmpdir", cache.toString());
    }

    private static void byDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private String setting(String name) {
        String value = environment.apply(name);
        return value != null ? value : System.getProperty(name);
    }

    @SuppressWarnings("ReferenceEquality") // a cause that gives itself has none
    private static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.toString() : message.lines().findFirst().orElse(cause.toString());
    }

    @Override
    public String version() {
        return property("pytorch-engine.properties", "djl_version");
    }

    /** DJL's own questions for versions start the search for engines, with whatever context class loader there is. */
    private String property(String file, String key) {
        try (InputStream in = loader.getResourceAsStream(file)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty(key, "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String torchVersion() {
        engine();
        return LibUtils.getVersion();
    }

    @Override
    public Path torchFolder() {
        engine();
        return Path.of(LibUtils.getLibtorchPath());
    }

    @Override
    public List<String> devices() {
        List<String> devices = new ArrayList<>();
        if (engine().hasCapability(StandardCapabilities.CUDA)) {
            int count = CudaUtils.getGpuCount();
            for (int i = 0; i < count; i++) {
                devices.add("gpu:" + i);
            }
        }
        devices.add("cpu");
        return List.copyOf(devices);
    }
}
