// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The places through which a loaded ELF library for x86-64 calls functions by their names: the table that the dynamic
 * linker fills. System V ABI, AMD64 supplement, chapters 4 and 5; {@code link_map} of glibc's {@code link.h}.
 */
final class Imports {
    private static final int RTLD_LAZY = 1;
    private static final int RTLD_NOLOAD = 4;
    private static final int RTLD_DI_LINKMAP = 2;

    private static final long DT_NULL = 0;
    private static final long DT_STRTAB = 5;
    private static final long DT_SYMTAB = 6;
    private static final long DT_PLTRELSZ = 2;
    private static final long DT_JMPREL = 23;
    private static final int R_X86_64_JUMP_SLOT = 7;

    /** Bytes of {@code Elf64_Dyn}, {@code Elf64_Rela} and {@code Elf64_Sym}. */
    private static final int DYN = 16;
    private static final int RELA = 24;
    private static final int SYM = 24;

    private Imports() {}

    /**
     * Finds the place of a function.
     *
     * @param library a file that is loaded, which has the function itself
     * @param name of the function
     * @param function its address
     * @return the address of the place; empty where there is none that can be written to
     */
    static OptionalLong find(Path library, String name, long function) {
        if (!System.getProperty("os.name").equals("Linux") || !System.getProperty("os.arch").equals("amd64")) {
            return OptionalLong.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            long handle = (long) Call.LONG_OF_1_INT.invokeExact(Call.libc("dlopen"),
                    arena.allocateFrom(library.toString()).address(), RTLD_LAZY | RTLD_NOLOAD);
            MemorySegment map = arena.allocate(JAVA_LONG);
            if (handle == 0 || (int) Call.INT_OF_1_INT_1.invokeExact(Call.libc("dlinfo"), handle, RTLD_DI_LINKMAP,
                    map.address()) != 0) {
                return OptionalLong.empty();
            }
            // struct link_map: load address, name, dynamic section
            long linkMap = map.get(JAVA_LONG, 0);
            long place = find(Call.MEMORY.get(JAVA_LONG, linkMap), Call.MEMORY.get(JAVA_LONG, linkMap + 16), name,
                    function);
            return place != 0 && isWritable(place) ? OptionalLong.of(place) : OptionalLong.empty();
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    private static long find(long base, long dynamic, String name, long function) {
        long strings = 0;
        long symbols = 0;
        long relocations = 0;
        long bytes = 0;
        for (long at = dynamic; Call.MEMORY.get(JAVA_LONG, at) != DT_NULL; at += DYN) {
            long value = Call.MEMORY.get(JAVA_LONG, at + 8);
            // glibc makes addresses of the offsets when it loads a library; where it did not, they are small.
            long address = Long.compareUnsigned(value, base) < 0 ? base + value : value;
            long tag = Call.MEMORY.get(JAVA_LONG, at);
            if (tag == DT_STRTAB) {
                strings = address;
            } else if (tag == DT_SYMTAB) {
                symbols = address;
            } else if (tag == DT_JMPREL) {
                relocations = address;
            } else if (tag == DT_PLTRELSZ) {
                bytes = value;
            }
        }
        if (strings == 0 || symbols == 0 || relocations == 0) {
            return 0;
        }
        for (long at = relocations; at < relocations + bytes; at += RELA) {
            long info = Call.MEMORY.get(JAVA_LONG, at + 8);
            long symbol = symbols + (info >>> 32) * SYM;
            // A function has several names. Comparing addresses first spares reading tens of thousands of them.
            if ((int) info == R_X86_64_JUMP_SLOT && base + Call.MEMORY.get(JAVA_LONG, symbol + 8) == function
                    && Call.MEMORY.getString(strings + Call.MEMORY.get(JAVA_INT, symbol)).equals(name)) {
                return base + Call.MEMORY.get(JAVA_LONG, at);
            }
        }
        return 0;
    }

    /** A library may be linked so that the table is read-only once it is filled. */
    private static boolean isWritable(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] range = line.substring(0, line.indexOf(' ')).split("-");
            if (Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
                    && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
                return line.charAt(line.indexOf(' ') + 2) == 'w';
            }
        }
        return false;
    }
}
