// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Hands a command to the process that trains, over its socket in {@code data/control}, without a framework of its own.
 * The answer comes in lines of JSON; see {@code docs/hot-deployment.md}.
 */
final class ControlClient {
    private static final String SUFFIX = ".sock";
    private static final long WATCH_MILLIS = 1_000;
    private static final String CLEAR = "\u001b[H\u001b[2J";

    private final Path sockets;
    private final Path folder;
    private final PrintStream out;
    private final PrintStream err;

    /**
     * Makes a client.
     *
     * @param sockets the folder of the sockets
     * @param folder the current folder, for relative paths
     * @param out for the answer
     * @param err for what was wrong
     */
    ControlClient(Path sockets, Path folder, PrintStream out, PrintStream err) {
        this.sockets = sockets;
        this.folder = folder;
        this.out = out;
        this.err = err;
    }

    /**
     * Runs a command.
     *
     * @param command the word
     * @param arguments what stands behind it; {@code --pid N} chooses the process, {@code --watch} asks again and again
     * @return the exit code
     * @throws LaunchError if there is no such process, or more than one
     */
    int run(String command, List<String> arguments) throws LaunchError {
        List<String> rest = new ArrayList<>(arguments);
        int at = rest.indexOf("--pid");
        String pid = "";
        if (at >= 0) {
            if (at + 1 == rest.size()) {
                throw new LaunchError(LaunchError.MISTAKE, "--pid needs the number of a process");
            }
            pid = rest.get(at + 1);
            rest.subList(at, at + 2).clear();
        }
        boolean watch = rest.remove("--watch");
        Path socket = choose(pid);
        while (true) {
            List<String> lines = new ArrayList<>();
            int exit = ask(socket, command, rest, lines);
            if (watch) {
                out.print(CLEAR);
            }
            lines.forEach(out::println);
            out.flush();
            if (!watch || exit != 0) {
                return exit;
            }
            try {
                Thread.sleep(WATCH_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return exit;
            }
        }
    }

    private Path choose(String pid) throws LaunchError {
        Map<String, Path> living = living();
        if (!pid.isEmpty()) {
            Path socket = living.get(pid);
            if (socket == null) {
                throw new LaunchError(LaunchError.MISTAKE, "process " + pid + " trains nothing here"
                        + (living.isEmpty() ? "" : "; there are: " + String.join(", ", living.keySet())));
            }
            return socket;
        }
        if (living.isEmpty()) {
            throw new LaunchError(LaunchError.MISTAKE,
                    "no run is going on: hookline train starts one (sockets of running"
                    + " processes are looked for in " + sockets + ")");
        }
        if (living.size() > 1) {
            List<String> named = new ArrayList<>();
            for (Map.Entry<String, Path> e : living.entrySet()) {
                List<String> name = new ArrayList<>();
                ask(e.getValue(), "status", List.of("--name"), name);
                named.add(e.getKey() + (name.isEmpty() ? "" : " (" + name.getFirst() + ")"));
            }
            throw new LaunchError(LaunchError.MISTAKE, living.size() + " processes are training: "
                    + String.join(", ", named) + "; choose one with --pid");
        }
        return living.values().iterator().next();
    }

    /** The sockets at which somebody listens, by process; others are left over and are deleted. */
    private Map<String, Path> living() throws LaunchError {
        Map<String, Path> living = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> all = Files.list(sockets)) {
            files = all.filter(f -> f.getFileName().toString().endsWith(SUFFIX)).toList();
        } catch (NoSuchFileException e) {
            return living;
        } catch (IOException e) {
            throw new LaunchError(LaunchError.MISTAKE, "cannot look into " + sockets + ": " + e.getMessage(), e);
        }
        for (Path file : files) {
            try (SocketChannel channel = open(file)) {
                if (channel.isConnected()) {
                    living.put(file.getFileName().toString().replace(SUFFIX, ""), file);
                }
            } catch (IOException e) {
                forget(file);
            }
        }
        return living;
    }

    private static void forget(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Somebody else's: it stays.
        }
    }

    private static SocketChannel open(Path file) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // A link leads to a short path where this one would be too long for the kernel.
            channel.connect(UnixDomainSocketAddress.of(file.toRealPath()));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private int ask(Path socket, String command, List<String> arguments, List<String> answer) throws LaunchError {
        JsonArrayBuilder words = Json.createArrayBuilder();
        arguments.forEach(words::add);
        String request = Json.createObjectBuilder().add("command", command).add("arguments", words)
                .add("folder", folder.toString()).build().toString();
        try (SocketChannel channel = open(socket); BufferedReader reader = new BufferedReader(
                Channels.newReader(channel, StandardCharsets.UTF_8))) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(request + "\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                JsonObject object;
                try (JsonReader json = Json.createReader(new StringReader(line))) {
                    object = json.readObject();
                }
                if (object.containsKey("exit")) {
                    return object.getInt("exit");
                }
                if (object.containsKey("err")) {
                    err.println("hookline: " + object.getString("err"));
                } else {
                    answer.add(object.getString("out", ""));
                }
            }
        } catch (IOException | JsonException | ClassCastException e) {
            throw new LaunchError(LaunchError.FAILURE, "the process that trains does not answer: " + e.getMessage(), e);
        }
        throw new LaunchError(LaunchError.FAILURE, "the process that trains has gone");
    }
}
