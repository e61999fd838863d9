// SPDX-License-Identifier: Apache-2.0
package org.hookline.checkpoint;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hookline.api.UserError;
import org.hookline.safetensors.SafetensorsReader;
import org.hookline.safetensors.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A checkpoint on the disk whose files were all found to be what its manifest says. For one thread at a time. */
public final class Checkpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoint.class);

    /** The folder of checkpoints in that of a run. */
    public static final String FOLDER = "checkpoints";

    private final Path folder;
    private final Manifest manifest;
    private final Map<String, SafetensorsReader> open = new LinkedHashMap<>();

    private record Manifest(String run, String reason, long epoch, long iteration, Map<String, Facts> files) {}

    private record Facts(long bytes, String sha256) {}

    /**
     * A checkpoint of which only the manifest was read.
     *
     * @param folder its folder
     * @param iteration the number of iterations completed
     */
    public record Listed(Path folder, long iteration) {}

    private Checkpoint(Path folder, Manifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    /**
     * Opens a checkpoint and checks every file of it.
     *
     * @param folder its folder
     * @return the checkpoint, to be closed
     * @throws UserError if it is none, or is damaged; one line that names the file
     */
    public static Checkpoint open(Path folder) {
        Manifest manifest = manifest(folder);
        manifest.files().forEach((name, facts) -> {
            Path file = folder.resolve(name);
            try {
                if (!Files.isRegularFile(file)) {
                    throw damaged(folder, name + " is missing");
                }
                if (Files.size(file) != facts.bytes()) {
                    throw damaged(folder,
                            name + " has " + Files.size(file) + " bytes, expected " + facts.bytes());
                }
                if (!CheckpointWriter.digest(file).equals(facts.sha256())) {
                    throw damaged(folder, name + " is not what was written (its SHA-256 differs)");
                }
            } catch (IOException e) {
                throw new UserError("checkpoint " + folder + ": " + name + " cannot be read: " + e.getMessage(), e);
            }
        });
        return new Checkpoint(folder, manifest);
    }

    private static UserError damaged(Path folder, String what) {
        return new UserError("checkpoint " + folder + " is damaged: " + what + "; take another one");
    }

    private static Manifest manifest(Path folder) {
        Path file = folder.resolve(CheckpointWriter.MANIFEST);
        if (!Files.isRegularFile(file)) {
            throw new UserError("'" + folder + "' is no checkpoint: it has no " + CheckpointWriter.MANIFEST);
        }
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (!json.get("format").getAsString().equals(CheckpointWriter.FORMAT)) {
                throw damaged(folder, "its manifest is of format " + json.get("format"));
            }
            if (json.get("version").getAsInt() != CheckpointWriter.VERSION) {
                throw new UserError("checkpoint " + folder + " has the format version " + json.get("version")
                        + ", expected " + CheckpointWriter.VERSION + ": it was written by another version of Hookline");
            }
            Map<String, Facts> files = new TreeMap<>();
            for (Map.Entry<String, JsonElement> e : json.getAsJsonObject("files").entrySet()) {
                // A name with a path in it would reach out of the folder.
                if (!Path.of(e.getKey()).getFileName().toString().equals(e.getKey())) {
                    throw damaged(folder, "its manifest names the file '" + e.getKey() + "'");
                }
                JsonObject facts = e.getValue().getAsJsonObject();
                files.put(e.getKey(), new Facts(facts.get("bytes").getAsLong(), facts.get("sha256").getAsString()));
            }
            return new Manifest(json.get("run").getAsString(), json.get("reason").getAsString(),
                    json.get("epoch").getAsLong(), json.get("iteration").getAsLong(), files);
        } catch (IOException e) {
            throw new UserError("checkpoint " + folder + ": its manifest cannot be read: " + e.getMessage(), e);
        } catch (JsonParseException | IllegalStateException | NullPointerException | NumberFormatException
                | ClassCastException | UnsupportedOperationException | java.nio.file.InvalidPathException e) {
            UserError error = damaged(folder, "its manifest cannot be understood");
            error.initCause(e);
            throw error;
        }
    }

    /**
     * Finds the newest whole checkpoint. One that is damaged is passed over with a warning.
     *
     * @param folder that of a checkpoint, of checkpoints, or of a run
     * @return the checkpoint, to be closed
     * @throws UserError if there is none
     */
    public static Checkpoint newest(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UserError("there is no folder '" + folder + "', expected that of a run or of a checkpoint");
        }
        if (Files.isRegularFile(folder.resolve(CheckpointWriter.MANIFEST))) {
            return open(folder);
        }
        Path parent = Files.isDirectory(folder.resolve(FOLDER)) ? folder.resolve(FOLDER) : folder;
        Optional<UserError> first = Optional.empty();
        for (Listed candidate : list(parent).reversed()) {
            try {
                return open(candidate.folder());
            } catch (UserError e) {
                LOG.warn("{}", e.getMessage());
                first = first.or(() -> Optional.of(e));
            }
        }
        throw first.orElseGet(() -> new UserError("there is no checkpoint in '" + folder + "'"));
    }

    /**
     * Lists the checkpoints of a folder by their manifests; their other files are not looked at.
     *
     * @param folder the folder above them
     * @return them by iteration, oldest first, then by name; links are left out
     */
    public static List<Listed> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Listed> found = new ArrayList<>();
        try {
            for (Path path : CheckpointWriter.files(folder)) {
                String name = path.getFileName().toString();
                if (name.startsWith(".") || Files.isSymbolicLink(path)
                        || !Files.isRegularFile(path.resolve(CheckpointWriter.MANIFEST))) {
                    continue;
                }
                try {
                    found.add(new Listed(path, manifest(path).iteration()));
                } catch (UserError e) {
                    LOG.warn("{}", e.getMessage());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // They come by name, and the sort keeps that order among equals.
        found.sort(Comparator.comparingLong(Listed::iteration));
        return List.copyOf(found);
    }

    /** {@return its folder} */
    public Path folder() {
        return folder;
    }

    /** {@return the name of the run that wrote it} */
    public String run() {
        return manifest.run();
    }

    /** {@return why it was written, in a few words} */
    public String reason() {
        return manifest.reason();
    }

    /** {@return the number of passes over the data that were completed} */
    public long epoch() {
        return manifest.epoch();
    }

    /** {@return the number of iterations completed} */
    public long iteration() {
        return manifest.iteration();
    }

    /** {@return the size of all its files but the manifest, in bytes} */
    public long bytes() {
        return manifest.files().values().stream().mapToLong(Facts::bytes).sum();
    }

    /** {@return the file with the effective run file} */
    public Path runFile() {
        return folder.resolve(CheckpointWriter.RUN_FILE);
    }

    /**
     * Gives the file with the model's parameters and buffers.
     *
     * @return a safetensors file
     */
    public Path modelFile() {
        return folder.resolve("model" + CheckpointWriter.TENSORS);
    }

    /** {@return the names of the files with tensors of their own, without the ending: {@code model} and the like} */
    public List<String> groups() {
        return manifest.files().keySet().stream().filter(n -> n.endsWith(CheckpointWriter.TENSORS))
                .map(n -> n.substring(0, n.length() - CheckpointWriter.TENSORS.length()))
                .filter(n -> !n.equals(CheckpointWriter.STATE_TENSORS)).toList();
    }

    /**
     * Gives the tensors of a file.
     *
     * @param file its name without the ending, for example {@code model}
     * @return the tensors by name, mapped until this checkpoint is closed; empty where there is no such file
     * @throws UserError if the file cannot be used
     */
    public Map<String, Tensor> tensors(String file) {
        String name = file + CheckpointWriter.TENSORS;
        if (!manifest.files().containsKey(name)) {
            return Map.of();
        }
        try {
            SafetensorsReader reader = open.get(name);
            if (reader == null) {
                reader = SafetensorsReader.open(folder.resolve(name));
                open.put(name, reader);
            }
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String tensor : reader.names()) {
                tensors.put(tensor, reader.tensor(tensor));
            }
            return tensors;
        } catch (IOException e) {
            throw new UserError("checkpoint: " + e.getMessage(), e);
        }
    }

    /**
     * Gives everything that is no tensor of a file of its own.
     *
     * @param arrays owns the NDArrays among the values
     * @return the values by name
     * @throws UserError if they cannot be used
     */
    public Map<String, Object> state(NDManager arrays) {
        try {
            JsonElement json = JsonParser.parseString(Files.readString(folder.resolve(CheckpointWriter.STATE)));
            Map<String, Tensor> tensors = tensors(CheckpointWriter.STATE_TENSORS);
            Object state = StateCodec.decode(json, name -> tensor(tensors, name), t -> ArrayTensors.array(arrays, t));
            Map<String, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) state).forEach((k, v) -> map.put(k.toString(), v));
            return map;
        } catch (IOException e) {
            throw new UserError("checkpoint " + folder + ": " + CheckpointWriter.STATE + " cannot be read: "
                    + e.getMessage(), e);
        } catch (JsonParseException | IllegalStateException | IllegalArgumentException | ClassCastException
                | NullPointerException | UnsupportedOperationException | ArithmeticException e) {
            UserError error = damaged(folder, CheckpointWriter.STATE + " cannot be understood");
            error.initCause(e);
            throw error;
        }
    }

    private static Tensor tensor(Map<String, Tensor> tensors, String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "'");
        }
        return tensor;
    }

    @Override
    public void close() {
        for (SafetensorsReader reader : open.values()) {
            try {
                reader.close();
            } catch (IOException e) {
                LOG.debug("a file of {} cannot be closed", folder, e);
            }
        }
        open.clear();
    }
}
