// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a file.
 *
 * @param metadata free text by key
 * @param entries the tensors by name, in the order of their data
 */
record Header(Map<String, String> metadata, Map<String, Entry> entries) {
    /** No longer header is read or written; the limit of the format's own library. */
    static final int MAX_BYTES = 100_000_000;

    /** Far more dimensions than any library has; it keeps what a header can make a reader allocate in proportion. */
    private static final int MAX_RANK = 255;

    private static final String METADATA = "__metadata__";
    private static final String OBJECT = "an object with dtype, shape and data_offsets";

    /**
     * Where a tensor lies.
     *
     * @param name its name
     * @param dtype the type of its values
     * @param shape its dimensions
     * @param begin of its data, in bytes from the end of the header
     * @param end of its data, exclusive
     */
    record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {
        long[] dimensions() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }

        String where() {
            return "tensor " + quoted(name);
        }
    }

    /**
     * Reads a header.
     *
     * @param file the file's name, for messages
     * @param json the header without its length
     * @param dataBytes how many bytes follow it in the file
     * @return the header; its tensors cover the data from its first to its last byte, without gap or overlap
     * @throws SafetensorsException if it is not what the format demands
     */
    static Header parse(String file, byte[] json, long dataBytes) throws SafetensorsException {
        if (json.length == 0 || json[0] != '{') {
            throw new SafetensorsException(file, "header", "it does not begin with '{'", "a JSON object");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(file, "header", "it is not valid UTF-8", "a JSON object in UTF-8", e);
        }
        return new Parser(file).parse(text, dataBytes);
    }

    /** Shows a name on one line and in a length that a person can read. */
    private static String quoted(String name) {
        StringBuilder shown = new StringBuilder("'");
        name.codePoints().limit(120).forEach(c -> {
            if (Character.isISOControl(c)) {
                shown.append(String.format("\\u%04x", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.append(name.codePointCount(0, name.length()) > 120 ? "...'" : "'").toString();
    }

    private static final class Parser {
        private final String file;
        private String where = "header";

        Parser(String file) {
            this.file = file;
        }

        private SafetensorsException wrong(String what, String expected) {
            return new SafetensorsException(file, where, what, expected);
        }

        Header parse(String text, long dataBytes) throws SafetensorsException {
            Map<String, String> metadata = null;
            Map<String, Entry> entries = new HashMap<>();
            try (JsonReader in = new JsonReader(new StringReader(text))) {
                in.setStrictness(Strictness.STRICT);
                in.beginObject();
                while (in.hasNext()) {
                    String name = in.nextName();
                    if (name.equals(METADATA)) {
                        if (metadata != null) {
                            throw wrong(METADATA + " is there twice", "each key once");
                        }
                        metadata = metadata(in);
                    } else if (entries.put(name, entry(name, in)) != null) {
                        throw wrong("it is there twice", "each name once");
                    }
                    where = "header";
                }
                in.endObject();
                if (in.peek() != JsonToken.END_DOCUMENT) {
                    throw wrong("there is something behind the JSON object", "spaces only");
                }
            } catch (SafetensorsException e) {
                throw e;
            } catch (IOException | IllegalStateException | NumberFormatException e) {
                throw new SafetensorsException(file, where, "JSON that cannot be read (" + firstLine(e) + ")",
                        where.equals("header") ? "one JSON object" : OBJECT, e);
            }
            return new Header(metadata == null ? Map.of() : metadata, inOrder(entries, dataBytes));
        }

        private static String firstLine(Exception e) {
            String message = e.getMessage();
            return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
        }

        private Map<String, String> metadata(JsonReader in) throws IOException {
            where = METADATA;
            Map<String, String> values = new LinkedHashMap<>();
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                if (in.peek() != JsonToken.STRING) {
                    throw wrong("the value of " + quoted(key) + " is no text", "text for each key");
                }
                if (values.put(key, in.nextString()) != null) {
                    throw wrong("key " + quoted(key) + " is there twice", "each key once");
                }
            }
            in.endObject();
            return values;
        }

        private Entry entry(String name, JsonReader in) throws IOException {
            where = "tensor " + quoted(name);
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
                throw wrong("its name has half of a surrogate pair", "valid Unicode");
            }
            DType dtype = null;
            List<Long> shape = null;
            List<Long> offsets = null;
            in.beginObject();
            while (in.hasNext()) {
                String key = in.nextName();
                boolean twice = switch (key) {
                    case "dtype" -> {
                        boolean there = dtype != null;
                        dtype = dtype(in);
                        yield there;
                    }
                    case "shape" -> {
                        boolean there = shape != null;
                        shape = numbers(in, key, MAX_RANK);
                        yield there;
                    }
                    case "data_offsets" -> {
                        boolean there = offsets != null;
                        offsets = numbers(in, key, 2);
                        yield there;
                    }
                    default -> throw wrong("it has the key " + quoted(key), "dtype, shape and data_offsets only");
                };
                if (twice) {
                    throw wrong(key + " is there twice", "each key once");
                }
            }
            in.endObject();
            if (dtype == null || shape == null || offsets == null) {
                throw wrong("no " + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"),
                        "dtype, shape and data_offsets");
            }
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw wrong("data_offsets are " + offsets, "[begin, end] with begin up to end");
            }
            Entry entry = new Entry(name, dtype, shape, offsets.get(0), offsets.get(1));
            size(entry);
            return entry;
        }

        private void size(Entry entry) throws SafetensorsException {
            long size;
            try {
                size = entry.dtype().byteSize(entry.dimensions());
            } catch (ArithmeticException e) {
                throw new SafetensorsException(file, where, entry.dtype() + " of shape " + shown(entry.shape())
                        + " has no size (" + e.getMessage() + ")", "a size that fits data_offsets", e);
            }
            if (entry.end() - entry.begin() != size) {
                throw wrong("data_offsets [" + entry.begin() + ", " + entry.end() + "] span "
                        + (entry.end() - entry.begin()) + " bytes", size + " for " + entry.dtype() + " of shape "
                        + shown(entry.shape()));
            }
        }

        private static String shown(List<Long> shape) {
            return shape.size() <= 16 ? shape.toString() : shape.subList(0, 16) + "...";
        }

        private DType dtype(JsonReader in) throws IOException {
            if (in.peek() != JsonToken.STRING) {
                throw wrong("dtype is no text", "one of " + Arrays.toString(DType.values()));
            }
            String name = in.nextString();
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(name)) {
                    return dtype;
                }
            }
            throw wrong("dtype is " + quoted(name), "one of " + Arrays.toString(DType.values()));
        }

        private List<Long> numbers(JsonReader in, String key, int most) throws IOException {
            List<Long> numbers = new ArrayList<>();
            in.beginArray();
            while (in.hasNext()) {
                if (numbers.size() == most) {
                    throw wrong(key + " has more than " + most + " numbers", "at most " + most);
                }
                numbers.add(number(in, key));
            }
            in.endArray();
            return List.copyOf(numbers);
        }

        private long number(JsonReader in, String key) throws IOException {
            String expected = "whole numbers from 0 to " + Long.MAX_VALUE;
            if (in.peek() != JsonToken.NUMBER) {
                throw wrong(key + " has something that is no number", expected);
            }
            String digits = in.nextString();
            if (digits.length() > 19 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw wrong(key + " has " + quoted(digits), expected);
            }
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw new SafetensorsException(file, where, key + " has " + digits, expected, e);
            }
        }

        private Map<String, Entry> inOrder(Map<String, Entry> entries, long dataBytes) throws SafetensorsException {
            List<Entry> sorted = new ArrayList<>(entries.values());
            sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)
                    .thenComparing(Entry::name));
            Map<String, Entry> result = new LinkedHashMap<>();
            long at = 0;
            for (Entry e : sorted) {
                if (e.begin() != at) {
                    where = e.where();
                    throw wrong("its data begin at " + e.begin() + (e.begin() > at ? ", which leaves a hole"
                            : ", inside another tensor's"), "data at " + at);
                }
                if (e.end() > dataBytes) {
                    where = e.where();
                    throw wrong("its data end at " + e.end() + ", but the file has only " + dataBytes
                            + " bytes of data", "a file that is whole");
                }
                at = e.end();
                result.put(e.name(), e);
            }
            if (at != dataBytes) {
                where = "data";
                throw wrong((dataBytes - at) + " bytes at the end belong to no tensor", at + " bytes of data");
            }
            return result;
        }
    }

    /**
     * Makes the beginning of a file: the length, the JSON, and spaces up to a multiple of 8 bytes, so that the data are
     * aligned.
     *
     * @param file the file's name, for messages
     * @return the bytes before the data
     * @throws SafetensorsException if it gets too long
     */
    ByteBuffer encode(String file) throws SafetensorsException {
        StringWriter text = new StringWriter();
        try (JsonWriter out = new JsonWriter(text)) {
            out.beginObject();
            if (!metadata.isEmpty()) {
                out.name(METADATA).beginObject();
                for (Map.Entry<String, String> e : metadata.entrySet()) {
                    out.name(e.getKey()).value(e.getValue());
                }
                out.endObject();
            }
            for (Entry e : entries.values()) {
                out.name(e.name()).beginObject();
                out.name("dtype").value(e.dtype().name());
                out.name("shape").beginArray();
                for (long n : e.shape()) {
                    out.value(n);
                }
                out.endArray();
                out.name("data_offsets").beginArray().value(e.begin()).value(e.end()).endArray();
                out.endObject();
            }
            out.endObject();
        } catch (IOException e) {
            throw new IllegalStateException("a text cannot be written to memory", e);
        }
        ByteBuffer json;
        try {
            json = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text.getBuffer()));
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(file, "header", "a name or a text has half of a surrogate pair",
                    "valid Unicode", e);
        }
        int padded = (json.remaining() + 7) / 8 * 8;
        if (padded > MAX_BYTES) {
            throw new SafetensorsException(file, "header", "it has " + padded + " bytes", "at most " + MAX_BYTES);
        }
        ByteBuffer all = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(padded).put(json);
        while (all.hasRemaining()) {
            all.put((byte) ' ');
        }
        return all.flip();
    }
}
