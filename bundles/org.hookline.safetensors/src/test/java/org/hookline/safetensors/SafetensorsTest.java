// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
    /**
     * Written by safetensors 0.8.0 for Python: {@code save({"w": [[1, 2], [3, 4.5]] float32, "b": [-1] int64,
     * "h": [1.5, -2] float16, "e": zeros((0, 3)) float32, "s": 7 uint8}, metadata={"format": "np",
     * "note": "é \"q\""})}.
     */
    private static final String PYTHON = ""
            + "48010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a226e70222c226e6f7465223a22c3a9205c22"
            + "715c22227d2c2262223a7b226474797065223a22493634222c227368617065223a5b315d2c22646174615f6f666673657473223a"
            + "5b302c385d7d2c2265223a7b226474797065223a22463332222c227368617065223a5b302c335d2c22646174615f6f6666736574"
            + "73223a5b382c385d7d2c2277223a7b226474797065223a22463332222c227368617065223a5b322c325d2c22646174615f6f6666"
            + "73657473223a5b382c32345d7d2c2268223a7b226474797065223a22463136222c227368617065223a5b325d2c22646174615f6f"
            + "666673657473223a5b32342c32385d7d2c2273223a7b226474797065223a225538222c227368617065223a5b5d2c22646174615f"
            + "6f666673657473223a5b32382c32395d7d7d202020202020ffffffffffffffff0000803f000000400000404000009040003e00c0"
            + "07";

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("model.safetensors");
    }

    private static List<Tensor> model() {
        return List.of(
                Tensor.ofFloats("w", new long[] {2, 2}, 1, 2, 3, 4.5f),
                Tensor.of("b", DType.I64, new long[] {1}, ByteBuffer.wrap(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})),
                Tensor.of("h", DType.F16, new long[] {2}, ByteBuffer.wrap(new byte[] {0x00, 0x3e, 0x00, (byte) 0xc0})),
                Tensor.ofFloats("e", new long[] {0, 3}),
                Tensor.of("s", DType.U8, new long[0], ByteBuffer.wrap(new byte[] {7})));
    }

    private void raw(String json, int dataBytes) throws IOException {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        Files.write(file, ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length).put(text).array());
    }

    private void refused(String json, int dataBytes, String... parts) throws IOException {
        raw(json, dataBytes);
        assertThatThrownBy(() -> SafetensorsReader.open(file).close()).isExactlyInstanceOf(SafetensorsException.class)
                .hasMessageStartingWith(file + ": ").hasMessageContaining(", expected ").hasMessageContainingAll(parts)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @Test
    void aFileOfThePythonLibraryIsRead() throws IOException {
        Files.write(file, HexFormat.of().parseHex(PYTHON));
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.metadata()).isEqualTo(Map.of("format", "np", "note", "é \"q\""));
            assertThat(in.names()).containsExactly("b", "e", "w", "h", "s");
            assertThat(in.tensor("w").shape()).containsExactly(2, 2);
            assertThat(in.tensor("w").dtype()).isEqualTo(DType.F32);
            assertThat(in.tensor("w").toFloats()).containsExactly(1, 2, 3, 4.5f);
            assertThat(in.tensor("h").toFloats()).containsExactly(1.5f, -2);
            assertThat(in.tensor("b").data().get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isEqualTo(-1);
            assertThat(in.tensor("e").shape()).containsExactly(0, 3);
            assertThat(in.tensor("e").toFloats()).isEmpty();
            assertThat(in.tensor("s").shape()).isEmpty();
            assertThat(in.tensor("s").elements()).isEqualTo(1);
            assertThat(in.tensor("s").data().toArray(ValueLayout.JAVA_BYTE)).containsExactly(7);
        }
    }

    @Test
    void theSameModelIsWrittenInTheBytesOfThePythonLibrary() throws IOException {
        // One key only: Python's order of the metadata is not ours.
        SafetensorsWriter.write(file, model(), Map.of());
        byte[] ours = Files.readAllBytes(file);
        String python = new String(HexFormat.of().parseHex(PYTHON), 8, 328, StandardCharsets.UTF_8);
        String header = "{" + python.substring(python.indexOf("\"b\"")).stripTrailing();
        assertThat(new String(ours, 8, header.length(), StandardCharsets.UTF_8)).isEqualTo(header);
        assertThat(ByteBuffer.wrap(ours).order(ByteOrder.LITTLE_ENDIAN).getLong()).isEqualTo(ours.length - 8 - 29)
                .matches(n -> n % 8 == 0 && n - header.length() < 8);
        assertThat(HexFormat.of().formatHex(ours)).endsWith(PYTHON.substring(PYTHON.length() - 2 * 29));
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        Map<String, String> metadata = Map.of("a", "line\nbreak \u2028 \" \\ \0", "ü", "");
        SafetensorsWriter.write(file, model(), metadata);
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.metadata()).isEqualTo(metadata);
            assertThat(in.names()).containsExactlyInAnyOrder("w", "b", "h", "e", "s");
            for (Tensor t : model()) {
                Tensor back = in.tensor(t.name());
                assertThat(back.dtype()).isEqualTo(t.dtype());
                assertThat(back.shape()).isEqualTo(t.shape());
                assertThat(back.data().mismatch(t.data())).isEqualTo(-1);
            }
        }
        assertThat(folder).isDirectoryNotContaining(p -> !p.equals(file));
    }

    @Test
    void everyTypeIsReadBackInItsSize() throws IOException {
        List<Tensor> all = Arrays.stream(DType.values())
                .map(d -> Tensor.of(d.name(), d, new long[] {4, 2}, MemorySegment.ofArray(new byte[d.bits()])))
                .toList();
        SafetensorsWriter.write(file, all, Map.of());
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            for (DType d : DType.values()) {
                assertThat(in.tensor(d.name()).dtype()).isEqualTo(d);
                assertThat(in.tensor(d.name()).byteSize()).isEqualTo(d.bits());
                assertThat(in.tensor(d.name()).elements()).isEqualTo(8);
            }
        }
    }

    @Test
    void bfloat16AndDoubleBecomeSinglePrecision() {
        assertThat(Tensor.of("x", DType.BF16, new long[] {2},
                ByteBuffer.wrap(new byte[] {(byte) 0xc0, 0x3f, 0, (byte) 0xc0}))
                .toFloats()).containsExactly(1.5f, -2);
        ByteBuffer doubles = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putDouble(0.1).putDouble(-4).flip();
        assertThat(Tensor.of("x", DType.F64, new long[] {2}, doubles).toFloats()).containsExactly(0.1f, -4);
        assertThatThrownBy(() -> Tensor.of("x", DType.I8, new long[] {1}, MemorySegment.ofArray(new byte[1]))
                .toFloats()).hasMessage("tensor 'x' is I8, expected F32, F16, BF16 or F64");
    }

    @Test
    void dataMayLieInAnyKindOfMemoryAndSpanSeveralChunks() throws IOException {
        int n = 700_001;
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = i * 0.5f;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeCopy = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
            SafetensorsWriter.write(file, List.of(
                    Tensor.ofFloats("bytes", new long[] {n}, values),
                    Tensor.of("floats", DType.F32, new long[] {n}, MemorySegment.ofArray(values)),
                    Tensor.of("native", DType.F32, new long[] {n}, nativeCopy),
                    Tensor.of("readonly", DType.F32, new long[] {n}, MemorySegment.ofArray(values).asReadOnly()),
                    Tensor.of("late", DType.F32, new long[] {n}, () -> MemorySegment.ofArray(values))), Map.of());
        }
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            for (String name : in.names()) {
                assertThat(in.tensor(name).toFloats()).isEqualTo(values);
            }
        }
    }

    @Test
    void aFileWithoutTensorsIsValid() throws IOException {
        SafetensorsWriter.write(file, List.of(), Map.of());
        assertThat(Files.readAllBytes(file)).isEqualTo("\u0008\0\0\0\0\0\0\0{}      ".getBytes(StandardCharsets.UTF_8));
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.names()).isEmpty();
        }
    }

    @Test
    void aTensorBehindTwoGibibytesIsRead() throws IOException {
        long before = 3L << 30;
        String json = "{\"big\":{\"dtype\":\"U8\",\"shape\":[" + before + "],\"data_offsets\":[0," + before + "]},"
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" + before + "," + (before + 4) + "]}}";
        raw(json, 0);
        try (FileChannel sparse = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer value = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0.75f).flip();
            sparse.write(value, 8 + json.length() + before);
        }
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.tensor("last").toFloats()).containsExactly(0.75f);
            assertThat(in.tensor("big").byteSize()).isEqualTo(before);
            assertThat(in.tensor("big").data().get(ValueLayout.JAVA_BYTE, before - 1)).isZero();
            assertThatThrownBy(() -> in.tensor("big").toFloats()).isInstanceOf(IllegalStateException.class);
        }
    }

    /** Needs 2.2 GB of disk: {@code -DargLine=-Dhookline.large=true}. */
    @Test
    @EnabledIfSystemProperty(named = "hookline.large", matches = "true")
    void aTensorLargerThanTwoGibibytesIsWritten() throws IOException {
        long n = (1L << 31) + 1000;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment big = arena.allocate(n);
            big.set(ValueLayout.JAVA_BYTE, n - 1, (byte) 42);
            SafetensorsWriter.write(file, List.of(Tensor.of("big", DType.U8, new long[] {n}, big)), Map.of());
        }
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.tensor("big").data().get(ValueLayout.JAVA_BYTE, n - 1)).isEqualTo((byte) 42);
        }
    }

    // ---- what is refused, and how it is said

    private static final String GOOD = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";

    @Test
    void theSameHeaderWithoutMistakeIsTaken() throws IOException {
        raw("{\"a\":{" + GOOD + "}}", 8);
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.names()).containsExactly("a");
        }
    }

    @Test
    void holesOverlapsAndRestsAreRefused() throws IOException {
        String a = "{\"a\":{" + GOOD + "},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":";
        refused(a + "[9,13]}}", 13, "tensor 'b'", "leaves a hole", "expected data at 8");
        refused(a + "[6,10]}}", 10, "tensor 'b'", "inside another", "expected data at 8");
        refused(a + "[8,12]}}", 13, "data: 1 bytes at the end belong to no tensor");
        refused(a + "[8,12]}}", 11, "tensor 'b'", "has only 11 bytes of data");
        refused(a + "[12,8]}}", 12, "tensor 'b'", "data_offsets are [12, 8]");
    }

    @Test
    void shapesThatDoNotFitAreRefused() throws IOException {
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "span 8 bytes",
                "expected 12 for F32 of shape [3]");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", 8, "overflow");
        refused("{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}", 2,
                "12 bits are no whole number of bytes");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "shape has '-2'");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "shape has '2.0'");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}", 8, "no number");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[9999999999999999999],\"data_offsets\":[0,8]}}", 8,
                "9999999999999999999");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[" + String.join(",", Collections.nCopies(256, "1"))
                + "],\"data_offsets\":[0,4]}}", 4, "more than 255");
        refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, "more than 2");
    }

    @Test
    void unknownTypesAndKeysAreRefused() throws IOException {
        refused("{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype is 'F33'", "F32");
        refused("{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype is no text");
        refused("{\"a\":{" + GOOD + ",\"x\":1}}", 8, "it has the key 'x'");
        refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "no shape");
        refused("{\"a\":7}", 0, "tensor 'a'", "an object with dtype");
        refused("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__", "value of 'a' is no text");
    }

    @Test
    void keysThatAreThereTwiceAreRefused() throws IOException {
        refused("{\"a\":{" + GOOD + "},\"a\":{" + GOOD + "}}", 8, "tensor 'a': it is there twice");
        refused("{\"a\":{" + GOOD + ",\"shape\":[2]}}", 8, "shape is there twice");
        refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice");
        refused("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "key 'k' is there twice");
    }

    @Test
    void whatIsNoHeaderIsRefused() throws IOException {
        refused(" {}", 0, "does not begin with '{'");
        refused("", 0, "does not begin with '{'");
        refused("{} x", 0, "header");
        refused("{}{}", 0, "header");
        refused("{'a':1}", 0, "header");
        refused("{\"a\":{" + GOOD + "},}", 8, "header");
        refused("{\"\\ud800\":{" + GOOD + "}}", 8, "surrogate");
        Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', (byte) 0xff});
        assertThatThrownBy(() -> SafetensorsReader.open(file)).hasMessageContaining("UTF-8");
        Files.writeString(file, "not a model at all, but a line of text");
        assertThatThrownBy(() -> SafetensorsReader.open(file)).hasMessageContaining("is this a safetensors file?");
    }

    @Test
    void aTensorThatIsNotThereIsNamed() throws IOException {
        SafetensorsWriter.write(file, model(), Map.of());
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThatThrownBy(() -> in.tensor("v")).isInstanceOf(SafetensorsException.class)
                    .hasMessage(file + ": tensor 'v': it is not there, expected one of [b, e, w, h, s]");
        }
    }

    // ---- the old file survives

    @Test
    void aWriteThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
        SafetensorsWriter.write(file, model(), Map.of());
        byte[] old = Files.readAllBytes(file);
        List<Tensor> breaking = List.of(Tensor.ofFloats("first", new long[] {3}, 1, 2, 3),
                Tensor.of("second", DType.F32, new long[] {3}, () -> {
                    throw new IllegalStateException("the device is gone");
                }));
        assertThatThrownBy(() -> SafetensorsWriter.write(file, breaking, Map.of())).hasMessage("the device is gone");
        Tensor lying = Tensor.of("x", DType.F32, new long[] {3}, () -> MemorySegment.ofArray(new byte[11]));
        assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(lying), Map.of()))
                .hasMessage("tensor 'x' has 11 bytes, expected 12 for F32 of shape [3]");
        Tensor twice = Tensor.ofFloats("x", new long[] {1}, 1);
        assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(twice, twice), Map.of()))
                .isInstanceOf(SafetensorsException.class).hasMessageContaining("twice");
        assertThatThrownBy(() -> SafetensorsWriter.write(file,
                List.of(Tensor.ofFloats("__metadata__", new long[] {1}, 1)), Map.of()))
                .isInstanceOf(SafetensorsException.class).hasMessageContaining("uses this name itself");
        assertThatThrownBy(() -> SafetensorsWriter.write(file,
                List.of(Tensor.ofFloats("\ud800", new long[] {1}, 1)), Map.of()))
                .isInstanceOf(SafetensorsException.class).hasMessageContaining("surrogate");
        assertThat(Files.readAllBytes(file)).isEqualTo(old);
        assertThat(folder).isDirectoryNotContaining(p -> !p.equals(file));
    }

    @Test
    void anOpenReaderKeepsTheOldFileWhenItIsReplaced() throws IOException {
        SafetensorsWriter.write(file, List.of(Tensor.ofFloats("x", new long[] {1}, 1)), Map.of());
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            SafetensorsWriter.write(file, List.of(Tensor.ofFloats("x", new long[] {1}, 2)), Map.of());
            assertThat(in.tensor("x").toFloats()).containsExactly(1);
        }
        try (SafetensorsReader in = SafetensorsReader.open(file)) {
            assertThat(in.tensor("x").toFloats()).containsExactly(2);
        }
    }

    @Test
    void aTensorWhoseSizesDisagreeIsRefusedWhenItIsMade() {
        assertThatThrownBy(() -> Tensor.ofFloats("x", new long[] {2, 2}, 1, 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tensor 'x' has 12 bytes, expected 16 for F32 of shape [2, 2]");
        assertThatThrownBy(() -> Tensor.ofFloats("x", new long[] {-1}, 1))
                .hasMessageContaining("no negative dimension");
    }
}
