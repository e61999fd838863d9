// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.hookline.torch.Torch.Feature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks symbols up and keeps account of which feature lacks what. */
final class Symbols {
    private static final Logger LOG = LoggerFactory.getLogger(Symbols.class);

    private final SymbolLookup lookup;
    private final String where;
    private final Map<Feature, String> missing = new EnumMap<>(Feature.class);

    /**
     * Looks into a library.
     *
     * @param lookup the library
     * @param where where it is, for messages
     */
    Symbols(SymbolLookup lookup, String where) {
        this.lookup = lookup;
        this.where = where;
    }

    /**
     * Looks into libtorch.
     *
     * @param folder the folder from which DJL loaded it: the same files, or there would be two copies in the process
     * @return the symbols; every feature is missing where the libraries are
     */
    static Symbols in(Path folder) {
        SymbolLookup lookup = _ -> Optional.empty();
        for (String name : new String[] {"c10", "torch_cpu"}) {
            Path file = folder.resolve(System.mapLibraryName(name));
            if (!Files.isRegularFile(file)) {
                return new Symbols(_ -> Optional.empty(), folder + ", which has no " + file.getFileName());
            }
            try {
                // Never unloaded: threads of libtorch live as long as the process.
                lookup = SymbolLookup.libraryLookup(file, Arena.global()).or(lookup);
            } catch (IllegalArgumentException e) {
                return new Symbols(_ -> Optional.empty(), file + ", which can not be loaded");
            }
        }
        return new Symbols(cuda(folder).or(lookup), folder.toString());
    }

    /** A libtorch for CUDA has further libraries; CUDA's own are found through them. */
    private static SymbolLookup cuda(Path folder) {
        SymbolLookup lookup = _ -> Optional.empty();
        for (String name : new String[] {"c10_cuda", "torch_cuda"}) {
            Path file = folder.resolve(System.mapLibraryName(name));
            if (Files.isRegularFile(file)) {
                try {
                    lookup = SymbolLookup.libraryLookup(file, Arena.global()).or(lookup);
                } catch (IllegalArgumentException e) {
                    LOG.warn("{} cannot be loaded, the GPU is used without what it has: {}", file, e.getMessage());
                }
            }
        }
        return lookup;
    }

    /**
     * Finds a symbol.
     *
     * @param name mangled, as in the library
     * @param users what can not be done without it; nothing where it is optional
     * @return its address, or null
     */
    MemorySegment find(String name, Feature... users) {
        Optional<MemorySegment> symbol = lookup.find(name);
        if (symbol.isEmpty()) {
            for (Feature user : users) {
                missing.putIfAbsent(user, name + " (in " + where + ")");
            }
        }
        return symbol.orElse(null);
    }

    /** {@return features and the first symbol that each lacks} */
    Map<Feature, String> missing() {
        return new EnumMap<>(missing);
    }
}
