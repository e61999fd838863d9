// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.hookline.djl.EngineStartException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchHomeTest {
    @TempDir
    Path home;

    private Path lib;

    @BeforeEach
    void unpack() throws IOException {
        lib = Files.createDirectory(home.resolve("lib"));
        library(lib, "torch_cpu");
    }

    private static void library(Path folder, String name) throws IOException {
        Files.createFile(folder.resolve(System.mapLibraryName(name)));
    }

    private TorchHome find(Path folder) {
        return TorchHome.find(folder, "2.7.1", Set.of("cpu", "cu128")::contains, "0.36.0");
    }

    @Test
    void anUnpackedArchiveTellsItsVersionAndFlavor() throws IOException {
        Files.writeString(home.resolve("build-version"), "2.7.1+cpu\n");
        assertThat(find(home)).isEqualTo(new TorchHome(lib, "2.7.1", "cpu"));
        assertThat(find(lib)).as("the folder of the libraries").isEqualTo(new TorchHome(lib, "2.7.1", "cpu"));
    }

    @Test
    void aPythonInstallationDoesToo() throws IOException {
        Files.writeString(home.resolve("version.py"), "from typing import Optional\n__version__ = '2.7.1+cu128'\n");
        library(lib, "torch_cuda");
        assertThat(find(home)).isEqualTo(new TorchHome(lib, "2.7.1", "cu128"));
    }

    @Test
    void librariesAloneAreTakenAsTheVersionThatFits() throws IOException {
        assertThat(find(lib)).isEqualTo(new TorchHome(lib, "2.7.1", "cpu"));
        library(lib, "torch_cuda");
        assertThat(find(lib).flavor()).isEqualTo("cu128");
    }

    @Test
    void aVersionThatDjlHasNoNativeLayerForIsRefused() throws IOException {
        Files.writeString(home.resolve("build-version"), "2.10.0+cpu");
        assertThatThrownBy(() -> find(home)).isInstanceOf(EngineStartException.class)
                .hasMessageContaining("libtorch 2.10.0 (cpu)").hasMessageContaining("for 2.7.1")
                .hasMessageContaining(System.mapLibraryName("djl_torch")).hasMessageNotContaining("\n");
    }

    @Test
    void soIsAFlavor() throws IOException {
        Files.writeString(home.resolve("build-version"), "2.7.1+cu118");
        library(lib, "torch_cuda");
        assertThatThrownBy(() -> find(home)).hasMessageContaining("2.7.1 (cu118)").hasMessageContaining("does not fit");
    }

    @Test
    void aNativeLayerOfTheUsersMakesItFit() throws IOException {
        Files.writeString(home.resolve("build-version"), "2.10.0+cu130");
        library(lib, "torch_cuda");
        library(lib, "djl_torch");
        assertThat(find(home)).isEqualTo(new TorchHome(lib, "2.10.0", "cu130"));
    }

    @Test
    void aLibtorchInPartsIsSeen() throws IOException {
        Files.writeString(home.resolve("build-version"), "2.7.1+cu128");
        assertThatThrownBy(() -> find(home)).hasMessageContaining("says that it is cu128")
                .hasMessageContaining("is missing");
    }

    @Test
    void aFolderWithoutLibtorchIsNamed() {
        Path empty = home.resolve("empty");
        assertThatThrownBy(() -> find(empty)).hasMessageContaining(empty.toString())
                .hasMessageContaining(System.mapLibraryName("torch_cpu"));
    }
}
