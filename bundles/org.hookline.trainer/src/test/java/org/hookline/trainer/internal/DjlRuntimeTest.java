// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlRuntimeTest {
    @Test
    void autoTakesAGpuWhereThereIsOne() {
        assertThat(DjlRuntime.device("auto", 0, false, "/lib")).isEqualTo(Device.cpu());
        assertThat(DjlRuntime.device("auto", 2, true, "/lib")).isEqualTo(Device.gpu(0));
        assertThat(DjlRuntime.device("cpu", 2, true, "/lib")).isEqualTo(Device.cpu());
        assertThat(DjlRuntime.device("gpu:1", 2, true, "/lib")).isEqualTo(Device.gpu(1));
        assertThat(DjlRuntime.device("gpu", 1, true, "/lib")).isEqualTo(Device.gpu(0));
    }

    @Test
    void aGpuThatIsNotThereIsToldWithWhatThereIs() {
        assertThatThrownBy(() -> DjlRuntime.device("gpu:0", 0, false, "/opt/native/cpu")).isInstanceOf(UserError.class)
                .hasMessage(
                        "device is 'gpu:0', but there is no GPU that it can use (libtorch in /opt/native/cpu is the "
                        + "CPU flavor); use cpu or auto");
        assertThatThrownBy(() -> DjlRuntime.device("gpu:2", 2, true, "/lib")).isInstanceOf(UserError.class)
                .hasMessageContaining("there are 2 GPUs, gpu:0 to gpu:1").hasMessageContaining("use gpu:0 or auto");
        assertThatThrownBy(() -> DjlRuntime.device("gpu:1", 1, true, "/lib")).isInstanceOf(UserError.class)
                .hasMessageContaining("there is 1 GPU, gpu:0");
    }

    @Test
    void whatCannotBeReadIsTold() {
        for (String text : new String[] {"cuda", "gpu:", "gpu:x", "gpu:-1", "gpu:99999999999", ""}) {
            assertThatThrownBy(() -> DjlRuntime.device(text, 1, true, "/lib")).isInstanceOf(UserError.class)
                    .hasMessageContaining("expected auto, cpu or gpu:N");
        }
    }

    @Test
    void gpusAreNamedAsTheDriverNamesThem(@TempDir Path folder) throws Exception {
        for (String gpu : new String[] {"0000:01:00.0", "0000:02:00.0"}) {
            Files.createDirectories(folder.resolve(gpu));
            Files.writeString(folder.resolve(gpu).resolve("information"),
                    "Model: \t\t NVIDIA H200\nIRQ:   \t\t 55\nGPU UUID: \t GPU-0\n");
        }
        assertThat(GpuNames.all(folder)).containsExactly("NVIDIA H200", "NVIDIA H200");
        assertThat(GpuNames.all(folder.resolve("none"))).isEmpty();
    }
}
