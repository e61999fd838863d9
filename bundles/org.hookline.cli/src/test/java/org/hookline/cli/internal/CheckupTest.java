// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hookline.cli.internal.Checkup.Line;
import org.hookline.cli.internal.Checkup.Mark;
import org.hookline.djl.Djl;
import org.hookline.djl.EngineStartException;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.GpuLibraries;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckupTest {
    @TempDir
    Path root;

    private Path user;
    private List<String> devices = List.of("cpu");
    private int gpus;
    private GpuLibraries libraries =
            new GpuLibraries(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    private EngineStartException broken;
    private Map<Torch.Feature, String> missing = Map.of();
    private Map<Integer, Torch.Blas> faster = Map.of();

    @BeforeEach
    void folders() throws IOException {
        user = root.resolve("user");
        for (String name : List.of("data", "logs", "deploy")) {
            Files.createDirectories(user.resolve(name));
        }
    }

    private <T> T fake(Class<T> type, Map<String, Object> answers) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (p, method, arguments) -> {
            if (broken != null && !method.getName().equals("version")) {
                throw broken;
            }
            return switch (method.getName()) {
                case "missing" -> Optional.ofNullable(missing.get((Torch.Feature) arguments[0]));
                case "has" -> !missing.containsKey((Torch.Feature) arguments[0]);
                case "fasterBlas" -> faster.getOrDefault((int) arguments[0], Torch.Blas.LIBTORCH);
                default -> answers.get(method.getName());
            };
        }));
    }

    private Map<String, List<Line>> examine(String jdk, Map<String, String> environment) {
        Djl djl = fake(Djl.class,
                Map.of("torchFolder", root.resolve("torch"), "version", "0.36.0", "devices", devices));
        Torch torch = fake(Torch.class, Map.of("version", "2.7.1", "threads", 4, "isOn", false, "gpus", gpus,
                "gpuLibraries", libraries));
        return new Checkup(Runtime.Version.parse(jdk), environment::get, root, user, djl, torch).examine().stream()
                .collect(Collectors.groupingBy(Line::topic));
    }

    private static void says(Map<String, List<Line>> found, String topic, Mark mark, String... parts) {
        assertThat(found.get(topic)).anySatisfy(line -> {
            assertThat(line.mark()).isEqualTo(mark);
            assertThat(line.text()).contains(parts).doesNotContain("\n");
        });
    }

    @Test
    void aMachineThatHasAllIsOk() {
        Map<String, List<Line>> found = examine("25.0.3+9", Map.of());
        says(found, "JDK", Mark.OK, "25.0.3");
        says(found, "libtorch", Mark.OK, "2.7.1 (CPU flavor)", "DJL 0.36.0");
        says(found, "native", Mark.OK, "fused_adamw", "autocast");
        says(found, "threads", Mark.OK, "4 threads", "no environment variable");
        says(found, "folders", Mark.OK, user.toString(), "GiB free");
        assertThat(found.values().stream().flatMap(List::stream)).noneMatch(l -> l.mark() == Mark.FAIL);
    }

    @Test
    void anOldJdkIsNoted() {
        says(examine("25.0.1", Map.of()), "JDK", Mark.NOTE, "JDK-8377811", "25.0.3");
    }

    @Test
    void withoutLibtorchNothingElseIsAskedOfIt() {
        broken = new EngineStartException("native library missing: no libtorch.so in /x; unpack it again", null);
        Map<String, List<Line>> found = examine("25.0.3", Map.of());
        says(found, "libtorch", Mark.FAIL, "native library missing", "unpack it again");
        assertThat(found).doesNotContainKeys("GPU", "threads", "native");
    }

    private void driver() throws IOException {
        Files.createDirectories(root.resolve("proc/driver/nvidia/gpus/0000:01:00.0"));
        Files.writeString(root.resolve("proc/driver/nvidia/version"),
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu Jan\nGCC version: 12\n");
        Files.writeString(root.resolve("proc/driver/nvidia/gpus/0000:01:00.0/information"),
                "Model: \t\t NVIDIA H100\nIRQ:   \t\t 55\n");
    }

    private void libtorchForCuda() throws IOException {
        Files.createDirectories(root.resolve("torch"));
        Files.createFile(root.resolve("torch").resolve(System.mapLibraryName("torch_cuda")));
    }

    @Test
    void aDriverWithALibtorchForCpusGetsAnAdvice() throws IOException {
        says(examine("25.0.3", Map.of()), "GPU", Mark.NOTE, "none", "no NVIDIA driver");
        driver();
        Map<String, List<Line>> found = examine("25.0.3", Map.of());
        says(found, "GPU", Mark.NOTE, "570.86.15", "HOOKLINE_TORCH_HOME");
        assertThat(found).doesNotContainKey("CUDA");
    }

    @Test
    void gpusAreThoseOfLibtorchWithTheDriversNames() throws IOException {
        driver();
        libtorchForCuda();
        gpus = 2;
        libraries = new GpuLibraries(Optional.of("12.8"), Optional.of("12.8"), Optional.of("9.7.1"), Optional.empty());
        Map<String, List<Line>> found = examine("25.0.3", Map.of("CUDA_VISIBLE_DEVICES", "0,1"));
        says(found, "GPU", Mark.OK, "gpu:0, gpu:1 (NVIDIA H100), driver 570.86.15");
        says(found, "CUDA", Mark.OK, "runtime 12.8, the driver supports 12.8, cuDNN 9.7.1");
        says(found, "CUDA", Mark.OK, "CUDA_VISIBLE_DEVICES=0,1");
        says(found, "native", Mark.OK, "copy_stream");
        // DJL counts where libtorch does not.
        missing = Map.of(Torch.Feature.GPU_COUNT, "_ZN3c104cuda12device_countEv");
        devices = List.of("gpu:0", "cpu");
        found = examine("25.0.3", Map.of());
        says(found, "GPU", Mark.OK, "gpu:0 (");
        says(found, "native", Mark.NOTE, "gpu_count is missing");
    }

    @Test
    void aGpuThatCudaDoesNotSeeIsToldInItsWords() throws IOException {
        driver();
        libtorchForCuda();
        libraries = new GpuLibraries(Optional.of("12.8"), Optional.of("11.4"), Optional.empty(),
                Optional.of("CUDA driver version is insufficient for CUDA runtime version"));
        Map<String, List<Line>> found = examine("25.0.3", Map.of());
        says(found, "GPU", Mark.NOTE, "sees no GPU: CUDA driver version is insufficient", "--gpus all");
        says(found, "CUDA", Mark.NOTE, "the driver supports 11.4", "too old", "one for CUDA 12.8 or newer");
        libraries = new GpuLibraries(Optional.of("12.8"), Optional.of("12.4"), Optional.empty(), Optional.empty());
        says(examine("25.0.3", Map.of()), "CUDA", Mark.NOTE, "no cuDNN is found");
    }

    @Test
    void theSwitchesAreShownAsTheyStand() {
        says(examine("25.0.3", Map.of()), "switches", Mark.OK, "tf32_matmul off", "deterministic off",
                "'cudnn_benchmark'");
    }

    @Test
    void whoseMatrixProductsAreUsedIsTold() {
        faster = Map.of(1, Torch.Blas.OPENBLAS);
        says(examine("25.0.3", Map.of()), "blas", Mark.OK, "by OpenBLAS with 1 thread", "libtorch's own BLAS with ");
        faster = Map.of();
        says(examine("25.0.3", Map.of()), "blas", Mark.OK, "on the CPU by libtorch's own BLAS, unless a run file");
        faster = Map.of(4, Torch.Blas.MIXED);
        says(examine("25.0.3", Map.of()), "blas", Mark.OK, "own BLAS with 1 thread", "(OpenBLAS within 3x3 conv");
        missing = Map.of(Torch.Feature.OPENBLAS, "libopenblas.so.0");
        Map<String, List<Line>> found = examine("25.0.3", Map.of());
        says(found, "blas", Mark.OK, "by libtorch's own BLAS", "libopenblas.so.0");
        assertThat(found.get("native")).allMatch(l -> l.mark() == Mark.OK);
    }

    @Test
    void aMissingSymbolIsToldWithWhatItCosts() {
        missing = Map.of(Torch.Feature.AUTOCAST, "_ZN2at8autocastE");
        says(examine("25.0.3", Map.of()), "native", Mark.NOTE, "autocast is missing", "fp16 and bf16",
                "_ZN2at8autocastE");
    }

    @Test
    void whatIsForGpusIsMissedInALibtorchForGpusOnly() throws IOException {
        missing = Map.of(Torch.Feature.COPY_STREAM, "cudaHostAlloc");
        Map<String, List<Line>> found = examine("25.0.3", Map.of());
        assertThat(found.get("native")).allMatch(l -> l.mark() == Mark.OK);
        says(found, "native", Mark.OK, "with a libtorch for CUDA also copy_stream");
        libtorchForCuda();
        says(examine("25.0.3", Map.of()), "native", Mark.NOTE, "copy_stream is missing", "cudaHostAlloc",
                "page-locked");
    }

    @Test
    void variablesAboutThreadsAreShown() {
        says(examine("25.0.3", Map.of("OMP_NUM_THREADS", "8")), "threads", Mark.OK, "OMP_NUM_THREADS=8");
    }

    @Test
    void aFolderThatCannotBeWrittenFails() throws IOException {
        Files.delete(user.resolve("data"));
        says(examine("25.0.3", Map.of()), "folders", Mark.FAIL, user.resolve("data").toString(), "HOOKLINE_DATA");
    }
}
