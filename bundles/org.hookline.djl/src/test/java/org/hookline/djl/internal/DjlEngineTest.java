// SPDX-License-Identifier: Apache-2.0
package org.hookline.djl.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.djl.EngineStartException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DjlEngineTest {
    @TempDir
    Path temp;

    private DjlEngine engine(Map<String, String> environment) {
        return new DjlEngine(DjlEngine.class.getClassLoader(), temp.resolve("cache"), environment::get);
    }

    @Test
    void theVersionIsKnownWithoutStarting() {
        assertThat(engine(Map.of()).version()).matches("0\\.\\d+\\.\\d+");
    }

    @Test
    void aFolderThatIsNotSetIsSaidInOneLine() {
        assertThatThrownBy(() -> engine(Map.of()).engine())
                .isInstanceOf(EngineStartException.class)
                .hasMessageContaining("PYTORCH_LIBRARY_PATH is not set")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aFolderWithoutTheLibraryIsNamed() {
        assertThatThrownBy(() -> engine(Map.of("PYTORCH_LIBRARY_PATH", temp.toString())).engine())
                .isInstanceOf(EngineStartException.class)
                .hasMessageContaining(System.mapLibraryName("torch"))
                .hasMessageContaining(temp.toString())
                .hasMessageNotContaining("\n");
    }

    @Test
    void aWrongContextClassLoaderDoesNotMatterAndIsRestored() throws IOException {
        DjlEngine djl = engine(System.getenv());
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader foreign = new ClassLoader(null) {
        };
        Thread.currentThread().setContextClassLoader(foreign);
        try {
            djl.engine();
            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(foreign);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
        try (NDManager manager = NDManager.newBaseManager()) {
            assertThat(manager.create(new float[] {1, 2}).sum().getFloat()).isEqualTo(3f);
        }
        assertThat(djl.devices()).last().isEqualTo("cpu");
        assertThat(djl.torchVersion()).matches("2\\.\\d+\\.\\d+.*");
        assertThat(djl.torchFolder()).isEqualTo(Path.of(System.getenv("PYTORCH_LIBRARY_PATH")));
        assertThat(filesBelow(temp)).as("nothing is unpacked").isZero();
    }

    private static long filesBelow(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile).count();
        }
    }
}
