// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {
    @TempDir
    private Path folder;

    private Processor processor(String text) throws IOException {
        return Processor.read(Files.writeString(folder.resolve("cpuinfo"), text));
    }

    @Test
    void theFirstProcessorIsRead() throws IOException {
        Processor zen = processor("""
                processor\t: 0
                vendor_id\t: AuthenticAMD
                flags\t\t: fpu sse2 avx2 avx512f avx512dq avx512cd avx512bw avx512vl

                processor\t: 1
                vendor_id\t: Other
                flags\t\t: fpu
                """);
        assertThat(zen.vendor()).isEqualTo("AuthenticAMD");
        assertThat(zen.isIntel()).isFalse();
        assertThat(zen.hasAvx512()).isTrue();
    }

    @Test
    void halfOfAvx512IsNone() throws IOException {
        Processor phi = processor("vendor_id : GenuineIntel\nflags : avx2 avx512f avx512cd avx512er avx512pf\n");
        assertThat(phi.isIntel()).isTrue();
        assertThat(phi.hasAvx512()).isFalse();
    }

    @Test
    void whereNothingIsToldNothingIsKnown() throws IOException {
        Processor arm = processor("processor : 0\nFeatures : fp asimd\n");
        assertThat(arm).isEqualTo(Processor.read(folder.resolve("none")));
        assertThat(arm.isIntel()).isFalse();
        assertThat(arm.hasAvx512()).isFalse();
    }
}
