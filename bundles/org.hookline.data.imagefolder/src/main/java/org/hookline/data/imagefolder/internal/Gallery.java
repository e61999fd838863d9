// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.hookline.api.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The readable ones of some files, and their pixels: kept in memory, or read again each time.
 *
 * @param files the files
 * @param pixels the bytes of each
 */
record Gallery(ImageFiles files, IntFunction<byte[]> pixels) {
    private static final Logger LOG = LoggerFactory.getLogger(Gallery.class);

    /** A file that was read or looked at. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Opened(byte[] pixels, Optional<IOException> failure) {}

    /**
     * Opens files, several at a time.
     *
     * @param owner for messages
     * @param files the files
     * @param decoder how
     * @param cached whether their pixels are kept; otherwise only their heads are checked
     * @param skip whether those that cannot be read are left out with one warning
     * @throws UserError if one cannot be read and is not to be left out, or none is left
     */
    static Gallery open(String owner, ImageFiles files, Decoder decoder, boolean cached, boolean skip) {
        List<Opened> opened = IntStream.range(0, files.files().size()).parallel()
                .mapToObj(i -> open(files.files().get(i), decoder, cached)).toList();
        List<Integer> good = new ArrayList<>();
        List<byte[]> kept = new ArrayList<>();
        List<Path> bad = new ArrayList<>();
        for (int i = 0; i < opened.size(); i++) {
            Opened one = opened.get(i);
            if (one.failure().isEmpty()) {
                good.add(i);
                kept.add(one.pixels());
            } else if (skip) {
                bad.add(files.files().get(i));
            } else {
                throw unreadable(owner, files.files().get(i), one.failure().get());
            }
        }
        if (!bad.isEmpty()) {
            LOG.warn("{}: {} of {} pictures cannot be read and are left out, the first is {}", owner, bad.size(),
                    opened.size(), bad.getFirst());
        }
        if (good.isEmpty()) {
            throw new UserError(owner + ": none of the " + opened.size() + " pictures can be read, the first is "
                    + bad.getFirst());
        }
        ImageFiles readable = files.only(good.stream().mapToInt(Integer::intValue).toArray());
        return new Gallery(readable, cached ? kept::get : i -> reread(owner, readable.files().get(i), decoder));
    }

    private static Opened open(Path file, Decoder decoder, boolean cached) {
        try {
            if (cached) {
                return new Opened(decoder.read(file), Optional.empty());
            }
            decoder.check(file);
            return new Opened(new byte[0], Optional.empty());
        } catch (IOException e) {
            return new Opened(new byte[0], Optional.of(e));
        }
    }

    private static byte[] reread(String owner, Path file, Decoder decoder) {
        try {
            return decoder.read(file);
        } catch (IOException e) {
            throw unreadable(owner, file, e);
        }
    }

    private static UserError unreadable(String owner, Path file, IOException why) {
        return new UserError(owner + ": " + file + " cannot be read (" + why.getMessage()
                + "); remove it, or set the option 'unreadable' to skip", why);
    }

    /** Some of them. */
    Gallery only(int[] indexes) {
        return new Gallery(files.only(indexes), i -> pixels.apply(indexes[i]));
    }
}
