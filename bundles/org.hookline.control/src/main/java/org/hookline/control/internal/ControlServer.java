// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.hookline.api.UserError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local channel: a Unix domain socket that only the user of this process can open (its folder has mode 0700, it
 * itself 0600). One request a connection, in lines of JSON:
 * {@code {"command": "level", "arguments": ["EMA", "LOW"], "folder": "/home/me"}}; the answer is lines
 * {@code {"out": "text"}} or {@code {"err": "text"}}, then {@code {"exit": 0}}. No network.
 */
final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("org.hookline.control");

    /** What the kernel takes as a path of a socket, less a little. */
    private static final int LONGEST = 100;

    private static final int LONGEST_REQUEST = 1 << 20;

    private final Commands commands;
    private final Path file;
    private final Path bound;
    private final ServerSocketChannel server;

    /**
     * Opens it.
     *
     * @param commands what is offered
     * @param folder for the socket; made if need be
     * @param pid the number of this process
     * @throws IOException if that cannot be done
     */
    ControlServer(Commands commands, Path folder, long pid) throws IOException {
        this.commands = commands;
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        file = folder.toAbsolutePath().resolve(pid + ".sock");
        Files.deleteIfExists(file);
        if (file.toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST) {
            bound = file;
        } else {
            // The kernel knows only short paths: the socket lies in a private folder elsewhere, with a link to it here.
            Path short_ = Files.createTempDirectory(Path.of("/tmp"), "hookline-",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            bound = short_.resolve("s");
            Files.createSymbolicLink(file, bound);
        }
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(bound));
        Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
        Thread.ofPlatform().daemon().name("hookline-control").start(this::accept);
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                Thread.ofPlatform().daemon().name("hookline-control-client").start(() -> serve(client));
            } catch (IOException e) {
                if (server.isOpen()) {
                    LOG.warn("the control channel is broken: {}", e.toString());
                    return;
                }
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client; BufferedReader reader = new BufferedReader(
                Channels.newReader(client, StandardCharsets.UTF_8.newDecoder(), LONGEST_REQUEST))) {
            String line = reader.readLine();
            if (line == null) {
                return;
            }
            int exit = 0;
            try {
                JsonObject request = JsonParser.parseString(line).getAsJsonObject();
                List<String> arguments = new ArrayList<>();
                JsonArray given = request.getAsJsonArray("arguments");
                for (JsonElement e : given == null ? new JsonArray() : given) {
                    arguments.add(e.getAsString());
                }
                Path folder = Path.of(request.has("folder") ? request.get("folder").getAsString() : "");
                for (String answer : commands.run(request.get("command").getAsString(), arguments, folder)) {
                    write(client, "out", answer);
                }
            } catch (UserError e) {
                write(client, "err", String.valueOf(e.getMessage()));
                exit = 2;
            } catch (RuntimeException e) {
                LOG.warn("a command failed: {}", e.toString(), e);
                write(client, "err", e.toString());
                exit = 1;
            }
            JsonObject end = new JsonObject();
            end.addProperty("exit", exit);
            write(client, end);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("a client went: {}", e.toString());
        }
    }

    private static void write(SocketChannel client, String key, String text) throws IOException {
        JsonObject line = new JsonObject();
        line.addProperty(key, text);
        write(client, line);
    }

    private static void write(SocketChannel client, JsonObject line) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
            if (!bound.equals(file)) {
                Files.deleteIfExists(bound);
                Files.deleteIfExists(bound.getParent());
            }
        } catch (IOException e) {
            LOG.debug("{} stays: {}", file, e.toString());
        }
    }
}
