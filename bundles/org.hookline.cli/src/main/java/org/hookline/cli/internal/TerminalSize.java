// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.function.IntSupplier;

/** The width of the terminal behind standard output, as it is now. For any thread. */
final class TerminalSize implements IntSupplier {
    private static final int STDOUT = 1;
    private static final int DEFAULT = 80;

    /** The request that fills a {@code struct winsize} (asm-generic/ioctls.h). */
    private static final long TIOCGWINSZ = 0x5413;

    private static final Optional<MethodHandle> IOCTL = ioctl();

    private final int otherwise;

    /**
     * Makes the supplier.
     *
     * @param otherwise the width to give where the terminal does not tell; 0 or less for 80
     */
    TerminalSize(int otherwise) {
        this.otherwise = otherwise > 0 ? otherwise : DEFAULT;
    }

    private static Optional<MethodHandle> ioctl() {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            return linker.defaultLookup().find("ioctl").map(symbol -> linker.downcallHandle(symbol,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS),
                    Linker.Option.firstVariadicArg(2)));
        } catch (UnsupportedOperationException | IllegalCallerException e) {
            return Optional.empty();
        }
    }

    @Override
    public int getAsInt() {
        if (IOCTL.isEmpty()) {
            return otherwise;
        }
        try (Arena arena = Arena.ofConfined()) {
            // Rows, columns and two numbers that nobody fills, 16 bits each.
            MemorySegment size = arena.allocate(8);
            int failed = (int) IOCTL.get().invokeExact(STDOUT, TIOCGWINSZ, size);
            int columns = Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, 2));
            return failed == 0 && columns > 0 ? columns : otherwise;
        } catch (Throwable e) {
            return otherwise;
        }
    }
}
