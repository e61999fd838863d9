// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.UserError;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.Switch;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComputeSwitchesTest {
    private static ComputeSwitches of(Map<String, Object> configuration, Device device, String cublas) {
        return ComputeSwitches.of(configuration, device, TestTorch.TORCH,
                name -> name.equals(ComputeSwitches.CUBLAS) ? cublas : null);
    }

    private static Map<Switch, Boolean> now() {
        Torch torch = TestTorch.TORCH.orElseThrow();
        Map<Switch, Boolean> map = new EnumMap<>(Switch.class);
        for (Switch which : Switch.values()) {
            map.put(which, torch.isOn(which));
        }
        return map;
    }

    @Test
    void whatIsNotAskedForStaysAsLibtorchHasIt() {
        ComputeSwitches none = of(Map.of("tf32", "auto", "cudnn_benchmark", false, "deterministic", false,
                "channels_last", false), Device.cpu(), null);
        assertThat(none.settings()).isEmpty();
        assertThat(none.channelsLast()).isFalse();
        assertThat(of(Map.of(), Device.cpu(), null)).isEqualTo(none);
    }

    @Test
    void switchesAreSetForTheRunAndSetBackAtItsEnd() throws Exception {
        TestTorch.require(Torch.Feature.SWITCHES);
        Map<Switch, Boolean> before = now();
        for (boolean tf32 : new boolean[] {true, false}) {
            try (Driver driver = Driver.of(TestParts.configuration(TestParts.spec(),
                    Map.of("tf32", tf32, "deterministic", true)))) {
                assertThat(now()).containsEntry(Switch.TF32_MATMUL, tf32).containsEntry(Switch.TF32_CUDNN, tf32)
                        .containsEntry(Switch.DETERMINISTIC, true);
                driver.begin(0, 0).iterate(2);
                assertThat(driver.loss()).isFinite();
            }
            assertThat(now()).isEqualTo(before);
        }
        try (Driver _ = Driver.of(TestParts.configuration(TestParts.spec(), Map.of("cudnn_benchmark", true)))) {
            assertThat(now()).containsEntry(Switch.CUDNN_BENCHMARK, true);
        }
        assertThat(now()).isEqualTo(before);
    }

    @Test
    void deterministicAndTheFastestDoNotGoTogether() {
        assertThatThrownBy(() -> of(Map.of("deterministic", true, "cudnn_benchmark", true), Device.cpu(), null))
                .isInstanceOf(UserError.class).hasMessageStartingWith("deterministic is true and cudnn_benchmark too");
    }

    @Test
    void deterministicOnAGpuNeedsTheWorkspaceOfCublas() {
        Map<String, Object> wanted = Map.of("deterministic", true);
        assertThatThrownBy(() -> of(wanted, Device.gpu(0), null)).isInstanceOf(UserError.class)
                .hasMessageContaining("CUBLAS_WORKSPACE_CONFIG=:4096:8").hasMessageContaining("it is not set");
        assertThatThrownBy(() -> of(wanted, Device.gpu(0), "no")).hasMessageContaining("it is 'no'");
        assertThat(of(wanted, Device.gpu(0), ":4096:8").settings()).containsEntry(Switch.DETERMINISTIC, true);
        assertThat(of(wanted, Device.gpu(0), ":16:8")).isEqualTo(of(wanted, Device.cpu(), null));
    }

    @Test
    void matrixProductsAreOfWhomTheRunSays() throws Exception {
        TestTorch.require(Torch.Feature.OPENBLAS);
        Torch torch = TestTorch.TORCH.orElseThrow();
        Map<String, Double> losses = new HashMap<>();
        for (String blas : new String[] {"openblas", "libtorch"}) {
            try (Driver driver = Driver.of(TestParts.configuration(TestParts.spec(), Map.of("blas", blas)))) {
                assertThat(torch.blas().name()).isEqualToIgnoringCase(blas);
                driver.begin(0, 0).iterate(5);
                losses.put(blas, driver.loss());
            }
        }
        assertThat(losses.get("openblas")).isCloseTo(losses.get("libtorch"), within(1e-4));
        try (Driver _ = Driver.of(TestParts.spec())) {
            assertThat(torch.blas()).isEqualTo(torch.fasterBlas(torch.threads()));
        }
    }

    @Test
    void anOpenBlasThatIsNotThereIsRefused(@TempDir Path empty) {
        Torch none = TorchLoader.open(empty);
        assertThatThrownBy(() -> ComputeSwitches.of(Map.of("blas", "openblas"), Device.cpu(), Optional.of(none),
                n -> null)).isInstanceOf(UserError.class)
                .hasMessageStartingWith("blas: openblas cannot be set: this libtorch lacks");
    }

    @Test
    void whatCannotBeSetIsRefusedByItsKey(@TempDir Path empty) {
        Torch none = TorchLoader.open(empty);
        for (String key : new String[] {"tf32", "cudnn_benchmark", "deterministic", "channels_last"}) {
            Map<String, Object> wanted = Map.of(key, true);
            assertThatThrownBy(() -> ComputeSwitches.of(wanted, Device.cpu(), Optional.of(none), n -> null))
                    .isInstanceOf(UserError.class).hasMessageStartingWith(key + " cannot be set: this libtorch lacks");
            assertThatThrownBy(() -> ComputeSwitches.of(wanted, Device.cpu(), Optional.empty(), n -> null))
                    .hasMessageContaining("the bundle org.hookline.torch is not there");
        }
    }
}
