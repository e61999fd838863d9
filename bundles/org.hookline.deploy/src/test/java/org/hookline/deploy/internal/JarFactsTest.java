// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarFactsTest {
    private static final int THIS = Runtime.version().feature();
    private static final String XML = """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="My">
              <implementation class="my.Impl"/>
              <service><provide interface="org.hookline.api.Hook"/></service>
            </scr:component>
            """;

    @TempDir
    Path folder;

    /** The beginning of a class file, as the compiler of a Java writes it. */
    private static byte[] classOf(int java) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0xCAFEBABE);
        out.writeShort(0);
        out.writeShort(44 + java);
        return bytes.toByteArray();
    }

    private JarFacts read(Map<String, String> headers, Map<String, byte[]> entries) throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "my.hook");
        headers.forEach(manifest.getMainAttributes()::putValue);
        Path file = folder.resolve("my.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (Map.Entry<String, byte[]> e : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(e.getKey()));
                out.write(e.getValue());
            }
        }
        return JarFacts.read(file);
    }

    private JarFacts component(byte[] implementation, byte[] other) throws Exception {
        return read(Map.of("Service-Component", "OSGI-INF/my.xml"),
                Map.of("OSGI-INF/my.xml", XML.getBytes(StandardCharsets.UTF_8), "my/Impl.class", implementation,
                        "my/Other.class", other));
    }

    @Test
    void aComponentOfALaterJavaIsRefusedBeforeAnybodyLoadsIt() {
        assertThatThrownBy(() -> component(classOf(THIS + 1), classOf(THIS))).isInstanceOf(JarFacts.Unusable.class)
                .hasMessage("its class my.Impl is built for Java " + (THIS + 1) + " and this is Java " + THIS
                        + ": build it for an older release");
    }

    @Test
    void soIsAnActivator() {
        assertThatThrownBy(() -> read(Map.of("Bundle-Activator", "my.Start"),
                Map.of("my/Start.class", classOf(THIS + 2)))).isInstanceOf(JarFacts.Unusable.class)
                .hasMessageStartingWith("its class my.Start is built for Java " + (THIS + 2));
    }

    @Test
    void classesThatMayNeverBeLoadedMayBeOfALaterJava() throws Exception {
        JarFacts facts = component(classOf(THIS), classOf(THIS + 1));
        assertThat(facts.hooks()).containsExactly("My");
        assertThat(facts.components().getFirst().implementation()).isEqualTo("my.Impl");
    }

    @Test
    void aClassThatIsCutOffIsRefused() {
        assertThatThrownBy(() -> component(new byte[] {1, 2}, classOf(THIS))).isInstanceOf(JarFacts.Unusable.class)
                .hasMessage("its class my.Impl is cut off: build it again");
    }

    @Test
    void aComponentWhoseClassLiesElsewhereIsLeftToTheFramework() throws Exception {
        JarFacts facts = read(Map.of("Service-Component", "OSGI-INF/my.xml"),
                Map.of("OSGI-INF/my.xml", XML.getBytes(StandardCharsets.UTF_8)));
        assertThat(facts.hooks()).containsExactly("My");
    }
}
