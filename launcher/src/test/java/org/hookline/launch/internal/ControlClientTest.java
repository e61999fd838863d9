// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class ControlClientTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<ServerSocketChannel> servers = new ArrayList<>();

    /** A process that answers every request with the same lines. */
    private void process(String pid, String... answer) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(folder.resolve(pid + ".sock")));
        servers.add(server);
        Thread.ofPlatform().daemon().start(() -> {
            while (server.isOpen()) {
                try (SocketChannel client = server.accept(); BufferedReader reader = new BufferedReader(
                        Channels.newReader(client, StandardCharsets.UTF_8))) {
                    String request = reader.readLine();
                    if (request != null) {
                        requests.add(request);
                        for (String line : answer) {
                            client.write(StandardCharsets.UTF_8.encode(line + "\n"));
                        }
                    }
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    @AfterEach
    void end() throws IOException {
        for (ServerSocketChannel server : servers) {
            server.close();
        }
    }

    private int run(String command, String... arguments) throws LaunchError {
        return new ControlClient(folder, Path.of("/home/me"), new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)).run(command, List.of(arguments));
    }

    @Test
    void theAnswerOfTheOneProcessIsPrinted() throws Exception {
        process("41", "{\"out\":\"größer\"}", "{\"out\":\"b\"}", "{\"exit\":0}");
        assertThat(run("level", "My Hook", "LOW")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("größer\nb\n");
        assertThat(requests).containsExactly(
                "{\"command\":\"level\",\"arguments\":[\"My Hook\",\"LOW\"],\"folder\":\"/home/me\"}");
    }

    @Test
    void aMistakeIsOneLineAndItsExitCode() throws Exception {
        process("41", "{\"err\":\"there is no hook 'X'\"}", "{\"exit\":2}");
        assertThat(run("disable", "X")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("hookline: there is no hook 'X'\n");
    }

    @Test
    void withoutAProcessThatIsSaidAndWhatAnotherLeftBehindGoes() throws Exception {
        Files.createFile(folder.resolve("7.sock"));
        assertThatThrownBy(() -> run("hooks")).isInstanceOf(LaunchError.class)
                .hasMessageContaining("no run is going on");
        assertThat(folder.resolve("7.sock")).doesNotExist();
    }

    @Test
    void ofSeveralProcessesOneIsChosenByItsNumber() throws Exception {
        process("41", "{\"out\":\"digits\"}", "{\"exit\":0}");
        process("42", "{\"out\":\"fashion\"}", "{\"exit\":0}");
        assertThatThrownBy(() -> run("pause")).isInstanceOf(LaunchError.class)
                .hasMessage("2 processes are training: 41 (digits), 42 (fashion); choose one with --pid");
        requests.clear();
        assertThat(run("pause", "--pid", "42")).isZero();
        assertThat(requests).hasSize(1);
        assertThatThrownBy(() -> run("pause", "--pid", "43")).hasMessageContaining("there are: 41, 42");
        assertThatThrownBy(() -> run("pause", "--pid")).hasMessageContaining("needs the number");
    }

    @Test
    void aProcessThatGoesInTheMiddleIsNoAnswer() throws Exception {
        process("41", "{\"out\":\"half\"}");
        assertThatThrownBy(() -> run("hooks")).isInstanceOf(LaunchError.class).hasMessageContaining("has gone");
    }
}
