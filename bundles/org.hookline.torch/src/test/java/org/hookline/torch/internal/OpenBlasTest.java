// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hookline.torch.Torch;
import org.hookline.torch.Torch.Blas;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenBlasTest {
    private static final Set<String> AVX512 = Set.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");
    private static final Processor ZEN = new Processor("AuthenticAMD", AVX512);

    private Path torch;

    @BeforeEach
    void load() {
        Torch loaded = TorchLoader.load();
        assumeTrue(loaded.has(Torch.Feature.OPENBLAS), () -> loaded.missing(Torch.Feature.OPENBLAS).orElseThrow());
        torch = Path.of(LibUtils.getLibtorchPath());
    }

    private OpenBlas in(Path folder, Processor processor, Map<String, String> environment) {
        Symbols symbols = Symbols.in(torch);
        return new OpenBlas(symbols, Team.of(symbols), torch, List.of(folder), processor, environment::get);
    }

    private OpenBlas on(Processor processor, String kernels) {
        return in(torch.resolveSibling("openblas"), processor,
                kernels == null ? Map.of() : Map.of("OPENBLAS_CORETYPE", kernels));
    }

    @Test
    void itIsTheFasterWhereMklLeavesHalfOfTheWidth() {
        OpenBlas zen = on(ZEN, null);
        assertThat(zen.faster(1)).isEqualTo(Blas.OPENBLAS);
        assertThat(zen.faster(2)).isEqualTo(Blas.OPENBLAS);
        assertThat(zen.faster(8)).isEqualTo(Blas.OPENBLAS);
        assertThat(zen.faster(9)).as("not compared").isEqualTo(Blas.LIBTORCH);
        assertThat(on(new Processor("AuthenticAMD", Set.of("avx2")), null).faster(1)).isEqualTo(Blas.LIBTORCH);
    }

    @Test
    void bothAreUsedWhereMklHasKernelsForTheWidth() {
        OpenBlas intel = on(new Processor("GenuineIntel", AVX512), null);
        assertThat(intel.faster(1)).isEqualTo(Blas.MIXED);
        assertThat(intel.faster(8)).isEqualTo(Blas.MIXED);
        assertThat(intel.faster(9)).as("not compared").isEqualTo(Blas.LIBTORCH);
        assertThat(on(new Processor("GenuineIntel", Set.of("avx2")), null).faster(1)).isEqualTo(Blas.LIBTORCH);
    }

    @Test
    void kernelsThatTheUserChoseCount() {
        assertThat(on(ZEN, "Haswell").faster(1)).isEqualTo(Blas.LIBTORCH);
        assertThat(on(ZEN, "SKYLAKEX").faster(1)).isEqualTo(Blas.OPENBLAS);
    }

    @Test
    void oneThatCannotBeLoadedIsDoneWithoutUnlessItIsAskedFor(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("libopenblas.so.0"), "no library");
        OpenBlas broken = in(folder, ZEN, Map.of());
        assertThat(broken.missing()).isEmpty();
        assertThat(broken.faster(1)).isEqualTo(Blas.LIBTORCH);
        assertThatThrownBy(() -> broken.use(Blas.OPENBLAS)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("libopenblas.so.0 can not be loaded");
        assertThat(broken.used()).isEqualTo(Blas.LIBTORCH);
    }

    @Test
    void withoutItTheReasonIsToldAndNothingChanges(@TempDir Path empty) {
        OpenBlas none = in(empty, ZEN, Map.of());
        assertThat(none.missing()).hasValueSatisfying(m -> assertThat(m).contains("libopenblas.so.0"));
        assertThat(none.faster(1)).isEqualTo(Blas.LIBTORCH);
        assertThat(none.use(Blas.LIBTORCH)).isEqualTo(Blas.LIBTORCH);
    }

    @Test
    void libtorchsOwnIsPutBackAlsoByASuccessorThatKnowsNothingOfTheChange() {
        OpenBlas stopped = on(ZEN, null);
        OpenBlas successor = on(ZEN, null);
        long own = own();
        try {
            stopped.use(Blas.OPENBLAS);
            assertThat(inTable()).isNotEqualTo(own);
            assertThat(successor.use(Blas.LIBTORCH)).isEqualTo(Blas.LIBTORCH);
            assertThat(inTable()).isEqualTo(own);
        } finally {
            stopped.use(Blas.LIBTORCH);
        }
    }

    @Test
    void mixedHasLibtorchsOwnInTheTableAndSmallProductsAsOpenBlasHasThem() {
        OpenBlas blas = on(ZEN, null);
        try {
            blas.use(Blas.OPENBLAS);
            Optional<MemorySegment> small = blas.small();
            assertThat(blas.use(Blas.MIXED)).isEqualTo(Blas.OPENBLAS);
            assertThat(inTable()).isEqualTo(own());
            assertThat(blas.small()).isEqualTo(small);
            blas.use(Blas.LIBTORCH);
            assertThat(blas.small()).isEmpty();
        } finally {
            blas.use(Blas.LIBTORCH);
        }
    }

    private long own() {
        return Symbols.in(torch).find("sgemm_", Torch.Feature.OPENBLAS).address();
    }

    /** The address that libtorch calls. */
    private long inTable() {
        long place = Imports.find(torch.resolve(System.mapLibraryName("torch_cpu")), "sgemm_", own()).orElseThrow();
        return Call.MEMORY.get(JAVA_LONG, place);
    }
}
