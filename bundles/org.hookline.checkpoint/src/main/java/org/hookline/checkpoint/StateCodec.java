// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.hookline.safetensors.DType;
import org.hookline.safetensors.Tensor;

/**
 * JDK values as JSON from which the same values come back: the same types, every bit of every number. Arrays become
 * tensors of a file beside it, and the JSON names them.
 *
 * <pre>
 * "text"  true  null  12 (long)  [list]  {"map": {...}}  {"int": 3}  {"double": "0.1"}  {"tensor": "name"}
 * </pre>
 */
final class StateCodec {
    private static final String MAP = "map";
    private static final String TENSOR = "tensor";

    private StateCodec() {}

    /**
     * Encodes a value.
     *
     * @param path names it, and begins the names of its tensors
     * @param value of the types that {@link org.hookline.api.StatefulHook} allows
     * @param tensors gets its arrays
     * @return the JSON
     * @throws IllegalArgumentException if a value is of another type; the message names it
     */
    static JsonElement encode(String path, Object value, List<Tensor> tensors) {
        return switch (value) {
            case null -> JsonNull.INSTANCE;
            case String s -> new JsonPrimitive(s);
            case Boolean b -> new JsonPrimitive(b);
            case Long l -> new JsonPrimitive(l);
            case Integer i -> tagged("int", i.toString());
            case Short s -> tagged("short", s.toString());
            case Byte b -> tagged("byte", b.toString());
            case Double d -> tagged("double", d.toString());
            case Float f -> tagged("float", f.toString());
            case byte[] a -> tagged("bytes", Base64.getEncoder().encodeToString(a));
            case int[] a -> array("int[]", path, DType.I32, a.length, MemorySegment.ofArray(a), tensors);
            case long[] a -> array("long[]", path, DType.I64, a.length, MemorySegment.ofArray(a), tensors);
            case float[] a -> array("float[]", path, DType.F32, a.length, MemorySegment.ofArray(a), tensors);
            case double[] a -> array("double[]", path, DType.F64, a.length, MemorySegment.ofArray(a), tensors);
            case NDArray a -> {
                tensors.add(ArrayTensors.of(path, a));
                yield tagged(TENSOR, path);
            }
            case List<?> list -> {
                JsonArray array = new JsonArray();
                for (Object element : list) {
                    array.add(encode(path + "/" + array.size(), element, tensors));
                }
                yield array;
            }
            case Map<?, ?> map -> {
                JsonObject fields = new JsonObject();
                map.forEach((k, v) -> fields.add(k.toString(), encode(path + "/" + k, v, tensors)));
                JsonObject object = new JsonObject();
                object.add(MAP, fields);
                yield object;
            }
            default -> throw new IllegalArgumentException("state '" + path + "' is a " + value.getClass().getName()
                    + ", expected a JDK value, list, map or NDArray");
        };
    }

    private static JsonObject tagged(String tag, String text) {
        JsonObject object = new JsonObject();
        object.addProperty(tag, text);
        return object;
    }

    private static JsonObject array(String tag, String path, DType type, int length, MemorySegment values,
            List<Tensor> tensors) {
        tensors.add(Tensor.of(path, type, new long[] {length}, values));
        return tagged(tag, path);
    }

    /**
     * Decodes a value.
     *
     * @param json what {@link #encode} gave
     * @param tensors gives tensors by name
     * @param arrays makes NDArrays of tensors
     * @return the value
     * @throws IllegalArgumentException if it is not of this form
     */
    static Object decode(JsonElement json, Function<String, Tensor> tensors, Function<Tensor, NDArray> arrays) {
        if (json.isJsonNull()) {
            return null;
        }
        if (json.isJsonPrimitive()) {
            JsonPrimitive primitive = json.getAsJsonPrimitive();
            if (primitive.isString()) {
                return primitive.getAsString();
            }
            return primitive.isBoolean() ? (Object) primitive.getAsBoolean() : (Object) primitive.getAsLong();
        }
        if (json.isJsonArray()) {
            List<Object> list = new ArrayList<>();
            json.getAsJsonArray().forEach(e -> list.add(decode(e, tensors, arrays)));
            return list;
        }
        JsonObject object = json.getAsJsonObject();
        if (object.size() != 1) {
            throw new IllegalArgumentException("a value has the keys " + object.keySet() + ", expected one");
        }
        String tag = object.keySet().iterator().next();
        JsonElement content = object.get(tag);
        if (tag.equals(MAP)) {
            Map<String, Object> map = new LinkedHashMap<>();
            content.getAsJsonObject().entrySet()
                    .forEach(e -> map.put(e.getKey(), decode(e.getValue(), tensors, arrays)));
            return map;
        }
        String text = content.getAsString();
        return switch (tag) {
            case "int" -> Integer.valueOf(text);
            case "short" -> Short.valueOf(text);
            case "byte" -> Byte.valueOf(text);
            case "double" -> Double.valueOf(text);
            case "float" -> Float.valueOf(text);
            case "bytes" -> Base64.getDecoder().decode(text);
            case TENSOR -> arrays.apply(tensors.apply(text));
            case "int[]" -> ints(tensors.apply(text));
            case "long[]" -> longs(tensors.apply(text));
            case "float[]" -> floats(tensors.apply(text));
            case "double[]" -> doubles(tensors.apply(text));
            default -> throw new IllegalArgumentException("a value has the unknown type '" + tag + "'");
        };
    }

    private static int[] ints(Tensor tensor) {
        int[] values = new int[length(tensor, DType.I32)];
        MemorySegment.ofArray(values).copyFrom(tensor.data());
        return values;
    }

    private static long[] longs(Tensor tensor) {
        long[] values = new long[length(tensor, DType.I64)];
        MemorySegment.ofArray(values).copyFrom(tensor.data());
        return values;
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[length(tensor, DType.F32)];
        MemorySegment.ofArray(values).copyFrom(tensor.data());
        return values;
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[length(tensor, DType.F64)];
        MemorySegment.ofArray(values).copyFrom(tensor.data());
        return values;
    }

    private static int length(Tensor tensor, DType expected) {
        if (tensor.dtype() != expected) {
            throw new IllegalArgumentException(
                    "tensor '" + tensor.name() + "' is " + tensor.dtype() + ", expected " + expected);
        }
        return Math.toIntExact(tensor.elements());
    }
}
