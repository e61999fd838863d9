// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hookline.api.data.Dataset;

/**
 * Writes a work for peers that are not on DJL: {@code features.f32}, {@code classes.u8} and {@code weights.f32}, the
 * initial values of all trainable parameters in the order of the model; little-endian.
 */
final class Export {
    private Export() {}

    static void write(Work work, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Dataset data = work.open(); NDManager manager = Engine.getInstance().newBaseManager(Device.cpu())) {
            Arrays arrays = Arrays.of(data);
            floats(folder.resolve("features.f32"), List.of(arrays.features()));
            byte[] classes = new byte[arrays.classes().length];
            for (int i = 0; i < classes.length; i++) {
                classes[i] = (byte) arrays.classes()[i];
            }
            Files.write(folder.resolve("classes.u8"), classes);
            Block block = work.block(data.spec(), Work.DJL_ALONE);
            Engine.getInstance().setRandomSeed(Work.SEED);
            block.initialize(manager, DataType.FLOAT32, arrays.batch(work.batch()));
            floats(folder.resolve("weights.f32"), block.getParameters().values().stream()
                    .filter(Parameter::requiresGradient).map(p -> p.getArray().toFloatArray()).toList());
        }
    }

    private static void floats(Path file, List<float[]> parts) throws IOException {
        int size = parts.stream().mapToInt(p -> p.length).sum();
        ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] part : parts) {
            bytes.asFloatBuffer().put(part);
            bytes.position(bytes.position() + part.length * Float.BYTES);
        }
        Files.write(file, bytes.array());
    }
}
