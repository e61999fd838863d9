// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.safetensors.Tensor;

/** Writes checkpoints without end, keeps the newest two, and says which is on the disk; until it is killed. */
public final class KilledWriter {
    private KilledWriter() {}

    static float[] values(long iteration) {
        float[] values = new float[200_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = iteration * 31 + i;
        }
        return values;
    }

    /**
     * Starts.
     *
     * @param arguments the folder, and the first iteration
     * @throws Exception if it cannot write
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        for (long i = Long.parseLong(arguments[1]);; i++) {
            float[] values = values(i);
            Tensor tensor = Tensor.ofFloats("w", new long[] {values.length}, values);
            CheckpointWriter.write(folder.resolve("iter-" + i), new CheckpointContent("killed", "test", 0, i,
                    Map.of("model", List.of(tensor), "optimizer", List.of(tensor)), Map.of("i", i), ""));
            System.out.println(i);
            System.out.flush();
            List<Checkpoint.Listed> all = Checkpoint.list(folder);
            for (Checkpoint.Listed old : all.subList(0, Math.max(0, all.size() - 2))) {
                CheckpointWriter.delete(old.folder());
            }
        }
    }
}
