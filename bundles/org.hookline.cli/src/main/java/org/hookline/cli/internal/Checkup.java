// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hookline.djl.Djl;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.Feature;

/** Looks at what training needs of the machine, and says what to do about what is missing. */
final class Checkup {
    /** How things stand. */
    enum Mark {
        /** As it should be. */
        OK,
        /** Works, with less. */
        NOTE,
        /** No training until this is put right. */
        FAIL
    }

    /**
     * A finding.
     *
     * @param mark how things stand
     * @param topic a word
     * @param text what was found, and what to do about it
     */
    record Line(Mark mark, String topic, String text) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%-5s %-10s %s", mark.name().toLowerCase(Locale.ROOT), topic, text);
        }
    }

    /** The first update release of JDK 25 without JDK-8377811. */
    private static final Runtime.Version ADVISED = Runtime.Version.parse("25.0.3");

    /** Less than this is soon full of checkpoints. */
    private static final long LITTLE_SPACE = 1L << 30;

    private final Runtime.Version jdk;
    private final UnaryOperator<String> environment;
    private final Path system;
    private final Path user;
    private final Djl djl;
    private final Torch torch;
    private final List<Line> lines = new ArrayList<>();

    /**
     * Prepares.
     *
     * @param jdk that runs
     * @param environment environment variables; null for those not set
     * @param system the root of the file system, for /proc
     * @param user the distribution's folder of conf, deploy, data and logs
     * @param djl knows libtorch
     * @param torch what is found in it
     */
    Checkup(Runtime.Version jdk, UnaryOperator<String> environment, Path system, Path user, Djl djl, Torch torch) {
        this.jdk = jdk;
        this.environment = environment;
        this.system = system;
        this.user = user;
        this.djl = djl;
        this.torch = torch;
    }

    /** {@return all findings, in order} */
    List<Line> examine() {
        jdk();
        machine();
        folders();
        if (library()) {
            gpus();
            cudaLibraries();
            gpuEnvironment();
            threads();
            blas();
            switches();
            features();
        }
        return List.copyOf(lines);
    }

    private void add(Mark mark, String topic, String text) {
        lines.add(new Line(mark, topic, text));
    }

    private void jdk() {
        String text = jdk + " in " + System.getProperty("java.home");
        if (jdk.compareToIgnoreOptional(ADVISED) < 0) {
            add(Mark.NOTE, "JDK", text + ": it has the defect JDK-8377811; " + ADVISED + " or newer is advised");
        } else {
            add(Mark.OK, "JDK", text);
        }
    }

    private void machine() {
        Runtime runtime = Runtime.getRuntime();
        add(Mark.OK, "machine", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Quantity.count(runtime.availableProcessors(), "core") + ", "
                + memory().map(m -> m + ", ").orElse("") + "Java heap up to " + gib(runtime.maxMemory()));
    }

    private Optional<String> memory() {
        Optional<Long> total = kib("MemTotal:");
        Optional<Long> free = kib("MemAvailable:");
        return total.map(t -> gib(t * 1024) + " of memory" + free.map(f -> ", " + gib(f * 1024) + " of it free")
                .orElse(""));
    }

    private Optional<Long> kib(String key) {
        try {
            return Files.readAllLines(system.resolve("proc/meminfo")).stream().filter(l -> l.startsWith(key))
                    .map(l -> Long.valueOf(l.replaceAll("\\D", ""))).findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }

    private void folders() {
        for (String name : List.of("data", "logs", "deploy")) {
            Path folder = user.resolve(name);
            if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
                add(Mark.FAIL, "folders", folder + " cannot be written: set HOOKLINE_DATA to a folder of your own");
                return;
            }
        }
        try {
            long free = Files.getFileStore(user).getUsableSpace();
            add(free < LITTLE_SPACE ? Mark.NOTE : Mark.OK, "folders", user + ", " + gib(free) + " free"
                    + (free < LITTLE_SPACE ? ": little for checkpoints; --output writes them elsewhere" : ""));
        } catch (IOException e) {
            add(Mark.NOTE, "folders", user + ", whose free space cannot be told: " + e.getMessage());
        }
    }

    private boolean library() {
        try {
            Path folder = djl.torchFolder();
            add(Mark.OK, "libtorch", torch.version() + " (" + (cuda() ? "CUDA" : "CPU") + " flavor) in " + folder
                    + ", DJL " + djl.version());
            return true;
        } catch (RuntimeException | LinkageError e) {
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            add(Mark.FAIL, "libtorch", message.lines().findFirst().orElse(message));
            return false;
        }
    }

    private boolean cuda() {
        return Files.isRegularFile(djl.torchFolder().resolve(System.mapLibraryName("torch_cuda")));
    }

    /** By libtorch's count; DJL's, where that is not to be had. */
    private List<String> devices() {
        return torch.has(Feature.GPU_COUNT)
                ? IntStream.range(0, torch.gpus()).mapToObj(i -> "gpu:" + i).toList()
                : djl.devices().stream().filter(d -> d.startsWith("gpu")).toList();
    }

    private void gpus() {
        List<String> gpus = cuda() ? devices() : List.of();
        Optional<String> driver = driver();
        if (!gpus.isEmpty()) {
            List<String> names = names();
            add(Mark.OK, "GPU", String.join(", ", gpus) + (names.isEmpty() ? "" : " (" + String.join(", ", names) + ")")
                    + driver.map(d -> ", driver " + d).orElse(""));
        } else if (driver.isPresent()) {
            add(Mark.NOTE, "GPU", "driver " + driver.get() + " is there, but " + (cuda()
                    ? "CUDA sees no GPU" + torch.gpuLibraries().problem().map(p -> ": " + p).orElse("")
                            + "; nvidia-smi must show it, CUDA_VISIBLE_DEVICES must not hide it, a container needs "
                            + "--gpus all"
                    : "this libtorch is for CPUs: set HOOKLINE_TORCH_HOME to one for CUDA (docs/gpu-server.md)"));
        } else {
            add(Mark.NOTE, "GPU", "none: there is no NVIDIA driver" + (cuda() ? ", though libtorch is for CUDA" : "")
                    + "; device auto takes the CPU");
        }
    }

    /** What the driver calls the GPUs; its order need not be CUDA's. */
    private List<String> names() {
        try (Stream<Path> gpus = Files.list(system.resolve("proc/driver/nvidia/gpus"))) {
            List<String> names = new ArrayList<>();
            for (Path gpu : gpus.sorted().toList()) {
                Files.readAllLines(gpu.resolve("information")).stream().filter(l -> l.startsWith("Model:"))
                        .map(l -> l.substring("Model:".length()).strip()).forEach(names::add);
            }
            return names;
        } catch (IOException e) {
            return List.of();
        }
    }

    private void cudaLibraries() {
        if (!cuda()) {
            return;
        }
        Torch.GpuLibraries libraries = torch.gpuLibraries();
        String text = libraries.cuda().map(v -> "runtime " + v).orElse("runtime of an unknown version")
                + libraries.driver().map(v -> ", the driver supports " + v).orElse("")
                + libraries.cudnn().map(v -> ", cuDNN " + v).orElse("");
        boolean old = libraries.cuda().isPresent() && libraries.driver().isPresent()
                && major(libraries.driver().get()) < major(libraries.cuda().get());
        if (old) {
            add(Mark.NOTE, "CUDA", text + ": the driver is too old; install one for CUDA " + libraries.cuda().get()
                    + " or newer");
        } else if (libraries.cudnn().isEmpty()) {
            add(Mark.NOTE, "CUDA", text + "; no cuDNN is found beside libtorch: unpack it again, whole");
        } else {
            add(Mark.OK, "CUDA", text);
        }
    }

    /** Within a major version an older driver runs newer libraries (CUDA's minor version compatibility). */
    private static int major(String version) {
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }

    private void gpuEnvironment() {
        List<String> set = set("CUDA_VISIBLE_DEVICES", "PYTORCH_CUDA_ALLOC_CONF", "CUBLAS_WORKSPACE_CONFIG",
                "NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING");
        if (cuda() && !set.isEmpty()) {
            add(Mark.OK, "CUDA", "environment: " + String.join(" ", set));
        }
    }

    private void switches() {
        if (torch.has(Feature.SWITCHES)) {
            List<String> states = new ArrayList<>();
            for (Torch.Switch which : Torch.Switch.values()) {
                states.add(which.name().toLowerCase(Locale.ROOT) + (torch.isOn(which) ? " on" : " off"));
            }
            add(Mark.OK, "switches", String.join(", ", states)
                    + ", unless a run file says 'tf32', 'cudnn_benchmark' or 'deterministic'");
        }
    }

    private List<String> set(String... variables) {
        List<String> set = new ArrayList<>();
        for (String name : variables) {
            String value = environment.apply(name);
            if (value != null) {
                set.add(name + "=" + value);
            }
        }
        return set;
    }

    private Optional<String> driver() {
        try {
            return Files.readAllLines(system.resolve("proc/driver/nvidia/version")).stream().findFirst()
                    .map(l -> l.replaceFirst(".*Kernel Module\\s+(?:for \\S+\\s+)?([0-9.]+).*", "$1"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void threads() {
        List<String> set = set("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT",
                "OMP_PROC_BIND", "GOMP_CPU_AFFINITY");
        String count = torch.has(Feature.THREADS) ? Quantity.count(torch.threads(), "thread") : "an unknown number";
        add(Mark.OK, "threads", count + " of one native operation, unless a run file says 'threads'; "
                + (set.isEmpty() ? "no environment variable about it is set" : String.join(" ", set)));
    }

    private void blas() {
        Optional<String> missing = torch.missing(Feature.OPENBLAS);
        if (missing.isPresent()) {
            add(Mark.OK, "blas", "matrix products on the CPU by libtorch's own BLAS; OpenBLAS is not there: "
                    + missing.get());
            return;
        }
        List<String> set = set("OPENBLAS_CORETYPE");
        int all = torch.has(Feature.THREADS) ? torch.threads() : 1;
        Torch.Blas one = torch.fasterBlas(1);
        Torch.Blas many = torch.fasterBlas(all);
        add(Mark.OK, "blas", "matrix products on the CPU by " + name(one)
                + (one == many ? "" : " with 1 thread, by " + name(many) + " with " + all)
                + ", unless a run file says 'blas'; "
                + (set.isEmpty() ? "OPENBLAS_CORETYPE is not set" : set.getFirst()));
    }

    private static String name(Torch.Blas blas) {
        return switch (blas) {
            case LIBTORCH -> "libtorch's own BLAS";
            case OPENBLAS -> "OpenBLAS";
            case MIXED -> "libtorch's own BLAS (OpenBLAS within 3x3 convolutions)";
        };
    }

    private void features() {
        List<String> there = new ArrayList<>();
        List<String> withCuda = new ArrayList<>();
        for (Feature feature : Feature.values()) {
            String name = feature.name().toLowerCase(Locale.ROOT);
            Optional<String> missing = torch.missing(feature);
            if (feature == Feature.OPENBLAS) {
                continue;
            }
            if (missing.isEmpty()) {
                there.add(name);
            } else if (feature.isForGpus() && !cuda()) {
                withCuda.add(name);
            } else {
                add(Mark.NOTE, "native", name + " is missing, " + without(feature) + ": no " + missing.get()
                        + "; a libtorch of the version above that DJL is made for has it");
            }
        }
        if (!there.isEmpty()) {
            add(Mark.OK, "native", String.join(", ", there)
                    + (withCuda.isEmpty() ? "" : "; with a libtorch for CUDA also " + String.join(", ", withCuda)));
        }
    }

    private static String without(Feature feature) {
        return switch (feature) {
            case AUTOCAST -> "precision fp16 and bf16 cannot be used";
            case ANOMALY_MODE -> "AutogradAnomalyDetectHook cannot be used";
            case SWITCHES -> "tf32, cudnn_benchmark and deterministic cannot be set";
            case GPU_COUNT -> "GPUs are counted by DJL, which looks for a libcudart of its own";
            case ALLOCATOR_MEMORY -> "MemoryMonitorHook does not tell the allocator's memory";
            case COPY_STREAM -> "batches are copied without page-locked memory, which is slower";
            case CHANNELS_LAST -> "channels_last cannot be set";
            case MAX_POOL -> "libtorch's own maximum pooling is used on a CPU, which is slower";
            case FLUSH_DENORMAL -> "flush_denormals has no effect";
            default -> "plain DJL operations are used, which are slower";
        };
    }
}
