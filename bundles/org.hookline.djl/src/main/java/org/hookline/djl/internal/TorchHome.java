// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.djl.EngineStartException;

/**
 * A libtorch of the user's: an unpacked libtorch archive, the folder {@code torch} of a Python installation, or the
 * folder of the libraries itself.
 *
 * @param folder of the libraries
 * @param version for example {@code 2.7.1}
 * @param flavor {@code cpu}, or {@code cu128} and the like
 */
record TorchHome(Path folder, String version, String flavor) {
    private static final Pattern BUILD = Pattern.compile("(\\d+\\.\\d+\\.\\d+)[^+\\s'\"]*(?:\\+([A-Za-z0-9.]+))?");
    private static final Pattern PYTHON = Pattern.compile("^__version__\\s*=\\s*['\"]([^'\"]+)['\"]",
            Pattern.MULTILINE);

    /**
     * Looks at a folder and checks that DJL can work with it.
     *
     * @param home what the user gave
     * @param jniVersion of libtorch that DJL brings a native layer for
     * @param jniFlavors tells for which flavors it does
     * @param djlVersion in the name of a native layer beside libtorch
     * @return what was found
     * @throws EngineStartException if there is no libtorch, or none that fits
     */
    static TorchHome find(Path home, String jniVersion, Predicate<String> jniFlavors, String djlVersion) {
        String library = System.mapLibraryName("torch_cpu");
        Path folder = List.of(home, home.resolve("lib")).stream().map(p -> p.toAbsolutePath().normalize())
                .filter(p -> Files.isRegularFile(p.resolve(library))).findFirst()
                .orElseThrow(() -> new EngineStartException("there is no libtorch in " + home
                        + " (HOOKLINE_TORCH_HOME): "
                        + "expected " + library + " in it or in its folder lib", null));
        Optional<Matcher> build = build(home).or(() -> build(folder.getParent()));
        boolean cuda = Files.isRegularFile(folder.resolve(System.mapLibraryName("torch_cuda")));
        String version = build.map(m -> m.group(1)).orElse(jniVersion);
        String flavor = build.map(m -> m.group(2)).filter(f -> f.matches("cpu|cu\\d+.*"))
                .orElse(cuda ? "cu128" : "cpu");
        if (cuda != flavor.startsWith("cu")) {
            throw new EngineStartException("the libtorch in " + folder + " says that it is " + flavor + ", but "
                    + System.mapLibraryName("torch_cuda") + (cuda ? " is there" : " is missing")
                    + ": unpack it again, whole", null);
        }
        String jni = System.mapLibraryName("djl_torch");
        boolean own = Files.isRegularFile(folder.resolve(jni))
                || Files.isRegularFile(folder.resolve(djlVersion + "-" + jni));
        if (!own && !(version.equals(jniVersion) && jniFlavors.test(flavor))) {
            throw new EngineStartException("libtorch " + version + " (" + flavor + ") in " + folder
                    + " does not fit: DJL " + djlVersion + " brings its native layer for " + jniVersion
                    + " (cpu, cu128); take that version, or put a " + jni + " built for " + version
                    + " beside it (docs/gpu-server.md)", null);
        }
        return new TorchHome(folder, version, flavor);
    }

    /** Version and flavor, from what stands beside the libraries; empty where nothing does. */
    private static Optional<Matcher> build(Path home) {
        if (home == null) {
            return Optional.empty();
        }
        return read(home.resolve("build-version"))
                .or(() -> read(home.resolve("version.py")).map(PYTHON::matcher).filter(Matcher::find)
                        .map(m -> m.group(1)))
                .map(String::strip).map(BUILD::matcher).filter(Matcher::lookingAt);
    }

    private static Optional<String> read(Path file) {
        try {
            return Files.isRegularFile(file) ? Optional.of(Files.readString(file)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
