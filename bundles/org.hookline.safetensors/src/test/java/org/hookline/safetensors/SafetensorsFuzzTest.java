// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files: each is refused in words or read as what it says; none costs memory or ends in another exception. */
class SafetensorsFuzzTest {
    /** Of the reader for a file of less than a kilobyte; class loading and messages among it. */
    private static final long MOST_BYTES = 2 << 20;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    private Path file;
    private byte[] good;
    private int taken;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("x.safetensors");
        SafetensorsWriter.write(file, List.of(
                Tensor.ofFloats("layer.weight", new long[] {2, 3}, 1, 2, 3, 4, 5, 6),
                Tensor.ofFloats("layer.bias", new long[] {2}, -1, -2),
                Tensor.of("steps", DType.I64, new long[0], ByteBuffer.allocate(8)),
                Tensor.of("mask", DType.BOOL, new long[] {5}, ByteBuffer.allocate(5))),
                Map.of("format", "pt", "n", "7"));
        good = Files.readAllBytes(file);
    }

    /** {@return whether the bytes were taken as a file} */
    private boolean survives(byte[] bytes, String what) throws IOException {
        Files.write(file, bytes);
        long before = memory.getCurrentThreadAllocatedBytes();
        boolean read;
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            covers(in, bytes);
            read = true;
            taken++;
        } catch (SafetensorsException e) {
            assertThat(e.getMessage()).as(what).startsWith(file + ": ").contains(", expected ");
            assertThat(e.getMessage().lines().count()).as(what).isEqualTo(1);
            read = false;
        } catch (Throwable t) {
            return fail(what + " ended in " + t, t);
        }
        assertThat(memory.getCurrentThreadAllocatedBytes() - before).as(what).isLessThan(MOST_BYTES);
        return read;
    }

    /** The tensors are the bytes behind the header, each once and in order. */
    private static void covers(SafetensorsReader in, byte[] bytes) throws IOException {
        long headerBytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int at = (int) (8 + headerBytes);
        for (String name : in.names()) {
            Tensor t = in.tensor(name);
            long expected = Arrays.stream(t.shape()).reduce(1, (a, b) -> a * b) * t.dtype().bits() / 8;
            assertThat(t.data().byteSize()).isEqualTo(expected);
            byte[] data = t.data().toArray(ValueLayout.JAVA_BYTE);
            assertThat(data).isEqualTo(Arrays.copyOfRange(bytes, at, at + data.length));
            at += data.length;
        }
        assertThat(at).isEqualTo(bytes.length);
    }

    @Test
    void noTruncatedFileIsTaken() throws IOException {
        assertThat(survives(good, "whole")).isTrue();
        for (int n = 0; n < good.length; n++) {
            assertThat(survives(Arrays.copyOf(good, n), "cut to " + n)).as("cut to " + n).isFalse();
        }
        assertThat(survives(Arrays.copyOf(good, good.length + 1), "one byte more")).isFalse();
    }

    @Test
    void anyFlippedBitOfTheHeaderIsRefusedOrReadAsWhatItSays() throws IOException {
        int header = good.length - 24 - 8 - 8 - 5;
        for (int bit = 0; bit < header * 8; bit++) {
            byte[] bytes = good.clone();
            bytes[bit / 8] ^= (byte) (1 << (bit % 8));
            survives(bytes, "bit " + bit);
        }
        // Letters of names and texts can change without harm.
        assertThat(taken).isBetween(100, header * 4);
    }

    @Test
    void randomDamageIsRefusedOrReadAsWhatItSays() throws IOException {
        Random random = new Random(20260923);
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = good.clone();
            int flips = 1 + random.nextInt(8);
            for (int i = 0; i < flips; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            survives(bytes, "round " + round);
        }
        assertThat(taken).isPositive();
    }

    @Test
    void damageThatStaysJsonIsRefusedOrReadAsWhatItSays() throws IOException {
        // Characters of JSON put at random places reach further than random bytes.
        Random random = new Random(7);
        String alphabet = "{}[]\":,0123456789-eE.tfn \\u";
        int header = good.length - 45;
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = good.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                bytes[8 + random.nextInt(header - 8)] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
            }
            survives(bytes, "round " + round);
        }
    }

    @Test
    void noLengthInAFileCostsMemory() throws IOException {
        for (long length : new long[] {99_999_999, 100_000_000, 100_000_001, Integer.MAX_VALUE,
                1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            byte[] bytes = good.clone();
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            assertThat(survives(bytes, "header of " + length)).isFalse();
        }
        for (String json : List.of(
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693951],\"data_offsets\":[0,9223372036854775804]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1152921504606846975],\"data_offsets\":[0,1152921504606846975]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[0,9223372036854775807],"
                        + "\"data_offsets\":[9223372036854775807,9223372036854775807]}}",
                "{\"a\":" + "[".repeat(500) + "]".repeat(500) + "}",
                "{\"a\":{\"b\":" + "{\"b\":".repeat(500) + "1" + "}".repeat(502))) {
            byte[] text = json.getBytes(StandardCharsets.UTF_8);
            assertThat(survives(ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length)
                    .put(text).array(), json)).isFalse();
        }
    }
}
