// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;
import org.hookline.checkpoint.ArrayTensors;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.ResumableTask.Loaded;
import org.hookline.safetensors.SafetensorsException;
import org.hookline.safetensors.SafetensorsReader;
import org.hookline.safetensors.Tensor;

/** Files with a model's weights: checkpoints, safetensors of whatever origin, and DJL's own format. */
final class WeightsFile {
    private static final String DJL = ".params";
    private static final String SAFETENSORS = ".safetensors";

    /** DJL adds the number of an epoch to the name. */
    private static final String DJL_NAME = "model";
    private static final String DJL_FILE = DJL_NAME + "-0000" + DJL;

    private WeightsFile() {}

    /**
     * The arrays of a file.
     *
     * @param file for messages; null where there is none
     * @param arrays by name
     */
    record Contents(Path file, Map<String, NDArray> arrays) {
        /**
         * Puts the values into a model, as far as names match.
         *
         * @throws UserError if a shape differs, or no name matches; nothing was changed then
         */
        Loaded into(FlatParameters parameters) {
            Map<String, FlatParameters.Segment> byName = parameters.byName();
            List<String> known = new ArrayList<>();
            parameters.segments().forEach(s -> known.add(s.name()));
            known.addAll(parameters.buffers().keySet());
            List<String> unexpected = arrays.keySet().stream().filter(n -> !known.contains(n)).toList();
            List<String> missing = known.stream().filter(n -> !arrays.containsKey(n)).toList();
            if (missing.size() == known.size()) {
                String first = arrays.keySet().stream().findFirst().orElse("");
                throw new UserError("weights of " + file + ": none of its " + arrays.size() + " names is one of the "
                        + "model's" + (first.isEmpty() ? "" : "; it has '" + first + "'"
                                + Nearest.suggest(first, known.subList(0, Math.min(8, known.size())))));
            }
            arrays.forEach((name, array) -> {
                Shape shape = byName.containsKey(name) ? byName.get(name).shape()
                        : parameters.buffers().containsKey(name) ? parameters.buffers().get(name).getShape() : null;
                if (shape != null && !shape.equals(array.getShape())) {
                    throw new UserError((file == null ? "the checkpoint" : "weights of " + file) + ": '" + name
                            + "' has shape " + array.getShape() + ", expected " + shape + " as this model has");
                }
            });
            arrays.forEach((name, array) -> {
                if (byName.containsKey(name)) {
                    byName.get(name).put(array, parameters.flat());
                } else if (parameters.buffers().containsKey(name)) {
                    NDArray buffer = parameters.buffers().get(name);
                    try (NDArray values = array.reshape(new Shape(array.size()));
                            NDArray target = buffer.reshape(new Shape(buffer.size()))) {
                        Flat.copy(values, target);
                    }
                }
            });
            return new Loaded(file, known.size() - missing.size(), missing, unexpected);
        }

        /** Puts the values into the same model. */
        void intoExactly(FlatParameters parameters) {
            Map<String, FlatParameters.Segment> byName = parameters.byName();
            for (String name : arrays.keySet()) {
                if (!byName.containsKey(name) && !parameters.buffers().containsKey(name)) {
                    throw new UserError("the checkpoint is of another model: it has '" + name + "'"
                            + Nearest.suggest(name, byName.keySet()));
                }
            }
            for (FlatParameters.Segment segment : parameters.segments()) {
                if (!arrays.containsKey(segment.name())) {
                    throw new UserError("the checkpoint is of another model: it lacks '" + segment.name() + "'");
                }
            }
            into(parameters);
        }
    }

    /**
     * Reads a file.
     *
     * @param file a checkpoint's folder, or that of a run with checkpoints; a safetensors file; a DJL file
     * @param scope owns the arrays, on the run's device
     * @param fresh makes the model, for DJL's format, which only a model can read
     * @return its arrays
     * @throws UserError if it cannot be used
     * @throws IOException if it cannot be read
     */
    static Contents read(Path file, NDManager scope, Supplier<Block> fresh) throws IOException {
        if (Files.isDirectory(file)) {
            try (Checkpoint checkpoint = Checkpoint.newest(file)) {
                return new Contents(checkpoint.folder(), arrays(checkpoint.tensors("model"), scope));
            }
        }
        if (!Files.isRegularFile(file)) {
            throw new UserError("there is no file or folder '" + file + "' with weights");
        }
        String name = file.getFileName().toString();
        if (name.endsWith(SAFETENSORS)) {
            try (SafetensorsReader reader = SafetensorsReader.open(file)) {
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                for (String tensor : reader.names()) {
                    tensors.put(tensor, reader.tensor(tensor));
                }
                return new Contents(file, arrays(tensors, scope));
            } catch (SafetensorsException e) {
                throw new UserError("weights: " + e.getMessage(), e);
            }
        }
        if (name.endsWith(DJL)) {
            return new Contents(file, djl(file, scope, fresh.get()));
        }
        throw new UserError("'" + file + "' has no weights that can be read, expected a checkpoint's folder, a "
                + SAFETENSORS + " file or a DJL " + DJL + " file");
    }

    private static Map<String, NDArray> arrays(Map<String, Tensor> tensors, NDManager scope) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> arrays.put(name, switch (tensor.dtype()) {
            // Parameters are float32; DJL itself cannot hold bfloat16.
            case F16, BF16, F64 -> scope.create(tensor.toFloats(), new Shape(tensor.shape()));
            default -> ArrayTensors.array(scope, tensor);
        }));
        return arrays;
    }

    private static Map<String, NDArray> djl(Path file, NDManager scope, Block block) throws IOException {
        Path folder = Files.createTempDirectory("hookline-weights");
        try (Model model = Model.newInstance(DJL_NAME, scope.getDevice(), "PyTorch")) {
            link(file, folder.resolve(DJL_FILE));
            model.setBlock(block);
            model.load(folder, DJL_NAME);
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            FlatParameters.collect(block).forEach((name, parameter) -> {
                NDArray array = parameter.getArray();
                array.attach(scope);
                arrays.put(name, array);
            });
            return arrays;
        } catch (MalformedModelException | IllegalArgumentException | IllegalStateException e) {
            throw new UserError("weights of " + file + " do not fit this model: " + DjlRuntime.firstLine(e), e);
        } finally {
            Files.deleteIfExists(folder.resolve(DJL_FILE));
            Files.deleteIfExists(folder);
        }
    }

    private static void link(Path file, Path link) throws IOException {
        try {
            Files.createSymbolicLink(link, file.toAbsolutePath());
        } catch (UnsupportedOperationException | IOException e) {
            Files.copy(file, link, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * Writes the parameters of a block as DJL does.
     *
     * @param block initialised
     * @param name of the model, kept in the file
     * @param device of its arrays
     * @param file the file
     * @throws IOException if it cannot be written
     */
    static void export(Block block, String name, Device device, Path file) throws IOException {
        Path folder = Files.createTempDirectory(file.toAbsolutePath().getParent(), ".params-");
        try (Model model = Model.newInstance(name, device, "PyTorch")) {
            model.setBlock(block);
            model.setDataType(DataType.FLOAT32);
            model.save(folder, DJL_NAME);
            Files.move(folder.resolve(DJL_FILE), file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(folder.resolve(DJL_FILE));
            Files.deleteIfExists(folder);
        }
    }
}
