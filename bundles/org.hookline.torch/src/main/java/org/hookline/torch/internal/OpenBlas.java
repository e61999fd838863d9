// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.hookline.torch.Torch.Blas;
import org.hookline.torch.Torch.Feature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Matrix products of float32 by OpenBLAS in place of the BLAS that is built into libtorch. That one is Intel's MKL,
 * whose kernels for AVX-512 are for Intel's processors only: on others it uses half of the processor's width. On
 * Intel's it is as fast or faster, but for {@link Winograd}'s many small matrices.
 *
 * <p>libtorch calls the functions of its BLAS through the table of the dynamic linker, as any library does; there the
 * addresses of OpenBLAS's are put. Nothing in libtorch itself is changed, and it can be undone at any time.
 */
final class OpenBlas {
    private static final Logger LOG = LoggerFactory.getLogger(OpenBlas.class);

    /**
     * A product of two matrices. Not the rest of BLAS: many products at once ({@code cblas_sgemm_batch}) end the
     * process in OpenBLAS 0.3.31 where the matrices are small (its pull request 5980), complex results come back in
     * another way than libtorch expects, and what is bound by memory gains nothing.
     */
    private static final String FUNCTION = "sgemm_";

    /** Threads with which OpenBLAS is taken by itself: one and two were compared with MKL; blocks are independent. */
    private static final int MOST_THREADS = 8;
    /**
     * The same where products are not shared out. OpenBLAS's own threads are not used: they and libtorch's wait for
     * work awake, and take the cores from one another. Twice the width is worth two threads of MKL's.
     */
    private static final int MOST_THREADS_ALONE = 2;

    /** With it a user chooses OpenBLAS's kernels; these are for AVX-512. */
    private static final String CORETYPE = "OPENBLAS_CORETYPE";
    private static final List<String> WIDE = List.of("skylakex", "cooperlake", "sapphirerapids");
    /** Those of which it was measured when small blocks are the faster. */
    private static final List<String> UNPACKED = List.of("skylakex", "cooperlake");

    private final Optional<Team> team;
    private final Optional<Path> library;
    private final Path torch;
    private final Processor processor;
    /** Whether OpenBLAS's kernels are chosen by the processor, or are wide ones. */
    private final boolean wide;
    /** Of the function in libtorch; 0 where that is not there. */
    private final long own;
    /** Where libtorch's table has it, or 0 for nowhere; null until it is looked for, which takes milliseconds. */
    private Long place;
    /** Of the function in OpenBLAS; 0 until it is loaded. */
    private long other;
    /** The function itself, where it multiplies small matrices without copies of them; null until it is loaded. */
    private MemorySegment small;
    private boolean broken;
    private Blas used = Blas.LIBTORCH;

    /**
     * Looks what is there; loads nothing.
     *
     * @param symbols of libtorch
     * @param team libtorch's threads, where they can be used
     * @param torch its folder
     * @param folders where OpenBLAS may lie
     * @param processor of this machine
     * @param environment environment variables; null for those not set
     */
    OpenBlas(Symbols symbols, Optional<Team> team, Path torch, List<Path> folders, Processor processor,
            UnaryOperator<String> environment) {
        this.team = team;
        this.torch = torch;
        this.processor = processor;
        String kernels = environment.apply(CORETYPE);
        wide = kernels == null || WIDE.contains(kernels.toLowerCase(Locale.ROOT));
        library = folders.stream().map(f -> f.resolve("libopenblas.so.0")).filter(Files::isRegularFile).findFirst();
        MemorySegment symbol = symbols.find(FUNCTION, Feature.OPENBLAS);
        own = symbol == null ? 0 : symbol.address();
    }

    private long place() {
        if (place == null) {
            place = own == 0 ? 0
                    : Imports.find(torch.resolve(System.mapLibraryName("torch_cpu")), FUNCTION, own).orElse(0);
        }
        return place;
    }

    /** {@return what is missing, if anything} */
    synchronized Optional<String> missing() {
        if (library.isEmpty()) {
            return Optional.of("libopenblas.so.0, which is for Linux on x86-64 (lib/native/openblas)");
        }
        return place() != 0 ? Optional.empty()
                : Optional.of("a place in the table of the dynamic linker for " + FUNCTION + " that can be written to");
    }

    /** {@return by whom products with so many threads are the faster on this processor} */
    Blas faster(int threads) {
        // Without the team convolutions have one thread.
        int alone = processor.isIntel() ? 1 : MOST_THREADS_ALONE;
        if (!processor.hasAvx512() || !wide || threads > (team.isPresent() ? MOST_THREADS : alone)
                || missing().isPresent()) {
            return Blas.LIBTORCH;
        }
        if (processor.isIntel()) {
            return Blas.MIXED;
        }
        return canLoad() ? Blas.OPENBLAS : Blas.LIBTORCH;
    }

    private synchronized boolean canLoad() {
        if (other == 0 && !broken) {
            try {
                other = load(library.orElseThrow());
            } catch (IllegalStateException e) {
                broken = true;
                LOG.warn("libtorch's own matrix products are used, which are slower here: {}", e.getMessage());
            }
        }
        return !broken;
    }

    synchronized Blas used() {
        return used;
    }

    /** {@return a product that is fast for small matrices, for one thread; empty while OpenBLAS's is not wanted} */
    synchronized Optional<MemorySegment> small() {
        return used != Blas.LIBTORCH && canLoad() ? Optional.ofNullable(small) : Optional.empty();
    }

    /** Changes it and gives what it was. */
    synchronized Blas use(Blas which) {
        Blas before = used;
        if (which == Blas.OPENBLAS && other == 0) {
            other = load(library.orElseThrow());
        }
        // Also where nothing seems to change: a component before this one, which was stopped in a run, may have left
        // OpenBLAS's address there. Where the library is missing, nobody can have.
        if (library.isPresent() && place() != 0) {
            // One aligned word: a product that begins meanwhile on another thread takes one or the other.
            Call.MEMORY.set(JAVA_LONG, place(), which == Blas.OPENBLAS ? other : own);
        }
        used = which;
        return before;
    }

    private long load(Path file) {
        // It reads the variable while it is loaded: otherwise it starts threads that would never get work.
        setEnvironment("OPENBLAS_NUM_THREADS", "1");
        // Never unloaded, as libtorch itself.
        SymbolLookup lookup;
        try {
            lookup = SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(file + " can not be loaded: " + e.getMessage(), e);
        }
        Optional<MemorySegment> function = lookup.find(FUNCTION);
        Optional<MemorySegment> setThreads = lookup.find("openblas_set_num_threads");
        if (function.isEmpty() || setThreads.isEmpty()) {
            throw new IllegalStateException(file + " is no OpenBLAS: it lacks " + FUNCTION + " or how to set threads");
        }
        try {
            Call.VOID_OF_INT.invokeExact(setThreads.get(), 1);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
        LOG.debug("OpenBLAS loaded from {}: {}", file, text(lookup, "openblas_get_config"));
        boolean unpacked = isUnpacked(text(lookup, "openblas_get_corename"));
        small = unpacked ? function.get() : null;
        return unpacked || team.isPresent() ? new BlockedProducts(function.get(), unpacked, team).function()
                : function.get().address();
    }

    /** {@return whether kernels of this name compute small products without copies of the matrices} */
    static boolean isUnpacked(String kernels) {
        return UNPACKED.contains(kernels.toLowerCase(Locale.ROOT));
    }

    /** {@return what one of OpenBLAS's functions says: of its version, of its kernels} */
    static String text(SymbolLookup lookup, String name) {
        return lookup.find(name).map(f -> {
            try {
                return Call.MEMORY.getString((long) Call.LONG_OF_NONE.invokeExact(f));
            } catch (Throwable e) {
                throw Call.impossible(e);
            }
        }).orElse("");
    }

    /** A variable of the user's stays as it is. */
    private static void setEnvironment(String name, String value) {
        try (Arena arena = Arena.ofConfined()) {
            int _ = (int) Call.INT_OF_2_INT.invokeExact(Call.libc("setenv"), arena.allocateFrom(name).address(),
                    arena.allocateFrom(value).address(), 0);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
