// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;
import org.hookline.deploy.Deployments.Deployment;
import org.hookline.deploy.Deployments.State;
import org.hookline.runfile.HookSettings;
import org.hookline.runfile.HookType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings of hooks in {@code conf/}: {@code MyHook~mine.cfg} makes an instance of MyHook of its own,
 * {@code MyHook.cfg} configures the one that there is. Lines {@code name = value}, in UTF-8, checked against what the
 * hook declares; the file is only read, never written. A file with a mistake changes nothing. Not for several threads.
 */
final class ConfigFiles {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.deploy");
    private static final String SUFFIX = ".cfg";

    /** What is done with settings. */
    interface Settings {
        /** {@return the kinds of hooks and writers that are there} */
        List<HookType> types();

        /**
         * Makes or changes a configuration, and waits until the hook has it.
         *
         * @param pid the component's PID
         * @param name the name of the instance; empty text for the one without a name
         * @param properties its properties
         * @throws IOException if it cannot be stored
         * @throws InterruptedException if the process ends
         */
        void put(String pid, String name, Map<String, Object> properties) throws IOException, InterruptedException;

        /**
         * Deletes a configuration.
         *
         * @param pid the component's PID
         * @param name the name of the instance; empty text for the one without a name
         * @throws IOException if it cannot be deleted
         * @throws InterruptedException if the process ends
         */
        void delete(String pid, String name) throws IOException, InterruptedException;
    }

    private final Settings settings;
    private final Notes notes;
    private final Map<Path, Deployment> known = new TreeMap<>();
    private final Map<Path, Map<String, Object>> applied = new TreeMap<>();

    ConfigFiles(Settings settings, Notes notes) {
        this.settings = settings;
        this.notes = notes;
    }

    /**
     * Tells whether a file is one of these.
     *
     * @param file the file
     * @return true for {@code *.cfg} but {@code deploy.cfg}, which is the deployer's own
     */
    static boolean handles(String file) {
        return file.endsWith(SUFFIX) && !file.startsWith(".") && !file.equals("deploy.cfg");
    }

    private static String pid(Path file) {
        String stem = stem(file);
        return stem.contains("~") ? stem.substring(0, stem.indexOf('~')) : stem;
    }

    private static String name(Path file) {
        String stem = stem(file);
        return stem.contains("~") ? stem.substring(stem.indexOf('~') + 1) : "";
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - SUFFIX.length());
    }

    /**
     * A file is new, was changed or was deleted.
     *
     * @param file the file
     * @throws InterruptedException if the process ends
     */
    void changed(Path file) throws InterruptedException {
        try {
            if (!Files.isRegularFile(file)) {
                notes.forget(file);
                known.remove(file);
                if (applied.remove(file) != null) {
                    settings.delete(pid(file), name(file));
                    LOG.info("settings of {} deleted ({})", pid(file), file.getFileName());
                }
                return;
            }
            Map<String, String> given = read(Files.readAllBytes(file));
            Optional<HookType> type = settings.types().stream()
                    .filter(t -> t.pid().equals(pid(file)) || t.type().equals(pid(file))).findFirst();
            Map<String, Object> properties = HookSettings.read(
                    type.orElseGet(() -> new HookType(pid(file), pid(file), false, "", Optional.empty())), given);
            if (type.isEmpty()) {
                List<String> names = settings.types().stream().map(HookType::type).toList();
                LOG.warn("{}: no hook {} is there; its settings wait for it{}", file.getFileName(), pid(file),
                        Nearest.of(pid(file), names).map(n -> " (did you mean " + n + "?)").orElse(""));
            }
            if (!same(properties, applied.get(file))) {
                settings.put(type.map(HookType::pid).orElse(pid(file)), name(file), properties);
                applied.put(file, properties);
                LOG.info("settings of {} taken from {}", pid(file), file.getFileName());
            }
            notes.forget(file);
            known.put(file, new Deployment(file, "", "", List.of(pid(file)), State.DEPLOYED, ""));
        } catch (UserError | IOException e) {
            String reason = e instanceof UserError ? e.getMessage() : "it cannot be read: " + e.getMessage();
            String before = applied.containsKey(file) ? "; its settings stay as they were" : "";
            known.put(file, new Deployment(file, "", "", List.of(pid(file)), State.REJECTED, reason));
            notes.reject(file, reason + before);
        }
    }

    private static boolean same(Map<String, Object> a, Map<String, Object> b) {
        if (b == null || !a.keySet().equals(b.keySet())) {
            return false;
        }
        return a.entrySet().stream().allMatch(e -> java.util.Objects.deepEquals(e.getValue(), b.get(e.getKey())));
    }

    /**
     * Reads the lines of a file.
     *
     * @param bytes the file
     * @return names and values
     * @throws UserError if it is not UTF-8, or not of lines {@code name = value}
     */
    static Map<String, String> read(byte[] bytes) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new UserError("it is not in UTF-8: save it in that encoding", e);
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException | IllegalArgumentException e) {
            throw new UserError("it is not of lines name = value: " + e.getMessage(), e);
        }
        Map<String, String> given = new LinkedHashMap<>();
        properties.stringPropertyNames().stream().sorted()
                .forEach(k -> given.put(k, properties.getProperty(k).strip()));
        return given;
    }

    /** {@return the files and what became of them} */
    List<Deployment> list() {
        return List.copyOf(known.values());
    }
}
