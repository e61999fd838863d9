// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.text.internal;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.hookline.api.UserError;

/**
 * A text as indexes of its characters (Unicode code points) in its vocabulary.
 *
 * @param file where it came from
 * @param codes the index of each character; float32, as models take it, which holds every index exactly
 * @param vocabulary the names of the characters in the order of Unicode: the character itself, or its escape in Java
 *     where it is a control character
 */
@SuppressWarnings("ArrayRecordComponent") // millions of characters; never compared
record Corpus(Path file, float[] codes, List<String> vocabulary) {
    /** A text is decoded in one piece, and its characters are counted in an int. */
    private static final int MOST_BYTES = 1 << 30;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /**
     * Reads a file: UTF-8, gzip where its name ends with .gz. A byte order mark at its beginning is no character of it.
     *
     * @param owner who reads it, for messages
     * @param file the file, which is there
     * @return its characters
     * @throws UserError if it cannot be unpacked, is no UTF-8 or has less than two different characters
     */
    static Corpus read(String owner, Path file) throws IOException {
        CharBuffer text = decode(owner, file, bytes(owner, file));
        if (text.hasRemaining() && text.get(0) == BYTE_ORDER_MARK) {
            text.get();
        }
        BitSet used = new BitSet();
        text.codePoints().forEach(used::set);
        if (used.cardinality() < 2) {
            throw new UserError(owner + ": " + file + (used.isEmpty() ? " is empty"
                    : " has only the character '" + name(used.nextSetBit(0)) + "'")
                    + "; expected a text of two or more different characters");
        }
        int[] indexes = new int[used.length()];
        List<String> names = new ArrayList<>();
        used.stream().forEach(character -> {
            indexes[character] = names.size();
            names.add(name(character));
        });
        float[] codes = new float[Math.toIntExact(text.codePoints().count())];
        int[] at = {0};
        text.codePoints().forEach(character -> codes[at[0]++] = indexes[character]);
        return new Corpus(file, codes, List.copyOf(names));
    }

    private static byte[] bytes(String owner, Path file) throws IOException {
        byte[] bytes;
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (EOFException | ZipException e) {
            throw new UserError(owner + ": " + file + " cannot be unpacked: " + e.getMessage(), e);
        }
        if (bytes.length > MOST_BYTES) {
            throw new UserError(owner + ": " + file + " is too large, expected at most 1 GiB of text");
        }
        return bytes;
    }

    private static CharBuffer decode(String owner, Path file, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        // A character has no more UTF-16 units than bytes.
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, text, true);
        if (result.isError()) {
            int line = 1;
            for (int i = 0; i < in.position(); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            throw new UserError("%s: %s:%d: the byte 0x%02X is not UTF-8; convert the file, for example with 'iconv -f"
                    .formatted(owner, file, line, bytes[in.position()]) + " latin1 -t utf-8'");
        }
        return text.flip();
    }

    private static String name(int character) {
        return switch (character) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> Character.isISOControl(character) ? "\\u%04x".formatted(character)
                    : Character.toString(character);
        };
    }

    int length() {
        return codes.length;
    }
}
