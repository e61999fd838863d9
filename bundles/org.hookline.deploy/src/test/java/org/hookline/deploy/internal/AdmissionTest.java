// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import jdk.security.jarsigner.JarSigner;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Admission of signed jars, with keys made by the JDK's keytool and signatures by its jarsigner. */
class AdmissionTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path keys;

    @TempDir
    Path folder;

    private Admission admission;

    private static KeyStore.PrivateKeyEntry trusted;
    private static KeyStore.PrivateKeyEntry stranger;

    @BeforeAll
    static void makeKeys() throws Exception {
        trusted = key("trusted");
        stranger = key("stranger");
    }

    private static KeyStore.PrivateKeyEntry key(String name) throws Exception {
        Path store = keys.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-storetype", "PKCS12",
                "-keystore", store.toString(), "-storepass", "changeit").redirectErrorStream(true).start();
        String out = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(out).isZero();
        KeyStore keyStore = KeyStore.getInstance(store.toFile(), PASSWORD);
        return (KeyStore.PrivateKeyEntry) keyStore.getEntry(name, new KeyStore.PasswordProtection(PASSWORD));
    }

    @BeforeEach
    void configure() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        store.setCertificateEntry("trusted", trusted.getCertificate());
        try (OutputStream out = Files.newOutputStream(folder.resolve("truststore.p12"))) {
            store.store(out, PASSWORD);
        }
        Files.writeString(folder.resolve("deploy.cfg"), "admission = signed\ntruststore.password = changeit\n");
        admission = new Admission(folder);
    }

    private Path jar(Map<String, String> entries) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "my.hook");
        Path file = folder.resolve("plain.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (var e : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(e.getKey()));
                out.write(e.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }

    private Path sign(Path jar, KeyStore.PrivateKeyEntry key) throws Exception {
        PrivateKey privateKey = key.getPrivateKey();
        Path signed = folder.resolve("signed.jar");
        try (ZipFile in = new ZipFile(jar.toFile()); OutputStream out = Files.newOutputStream(signed)) {
            new JarSigner.Builder(privateKey, CertificateFactory.getInstance("X.509")
                    .generateCertPath(List.of((X509Certificate) key.getCertificate()))).build().sign(in, out);
        }
        return signed;
    }

    /** Writes a jar again with other contents, as somebody does who has no key. */
    private Path forged(Path jar, Map<String, String> changes) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        Path forged = folder.resolve("forged.jar");
        try (ZipFile in = new ZipFile(jar.toFile())) {
            for (ZipEntry e : in.stream().map(ZipEntry.class::cast).toList()) {
                try (InputStream data = in.getInputStream(e)) {
                    entries.put(e.getName(), data.readAllBytes());
                }
            }
        }
        changes.forEach((name, text) -> entries.put(name, text.getBytes(StandardCharsets.UTF_8)));
        try (var out = new java.util.zip.ZipOutputStream(Files.newOutputStream(forged))) {
            // The manifest stands first, as the jar file format wants it.
            out.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            out.write(entries.remove("META-INF/MANIFEST.MF"));
            for (var e : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(e.getKey()));
                out.write(e.getValue());
            }
        }
        return forged;
    }

    private String refusal(Path jar) throws IOException {
        return admission.refusal(jar, JarFacts.digest(jar)).orElse("");
    }

    @Test
    void aJarSignedByATrustedKeyIsLetIn() throws Exception {
        assertThat(refusal(sign(jar(Map.of("a/B.class", "code")), trusted))).isEmpty();
    }

    @Test
    void aJarThatIsNotSignedOrByAStrangerIsNot() throws Exception {
        Path plain = jar(Map.of("a/B.class", "code"));
        assertThat(refusal(plain)).contains("a/B.class is not signed");
        assertThat(refusal(sign(plain, stranger)))
                .contains("it is signed by CN=stranger, which the truststore does not trust");
    }

    @Test
    void anEntryThatWasAddedOrChangedAfterSigningIsFound() throws Exception {
        Path signed = sign(jar(Map.of("a/B.class", "code")), trusted);
        assertThat(refusal(forged(signed, Map.of("a/Evil.class", "more")))).contains("a/Evil.class is not signed");
        assertThat(refusal(forged(signed, Map.of("a/B.class", "edoc")))).contains("its signature is broken");
        assertThat(refusal(forged(signed, Map.of()))).isEmpty();
    }

    @Test
    void whatCannotBeReadLetsNothingIn() throws Exception {
        Path signed = sign(jar(Map.of("a/B.class", "code")), trusted);
        Files.writeString(folder.resolve("deploy.cfg"), "admission = sigend\n");
        assertThat(refusal(signed))
                .contains("unknown admission 'sigend', so nothing is let in; did you mean 'signed'?");
        Files.writeString(folder.resolve("deploy.cfg"), "admision = off\n");
        assertThat(refusal(signed)).contains("unknown key 'admision'").contains("did you mean 'admission'?");
        Files.writeString(folder.resolve("deploy.cfg"), "admission = signed\ntruststore.password = wrong\n");
        assertThat(refusal(signed)).contains("truststore conf/truststore.p12 cannot be read");
        Files.writeString(folder.resolve("deploy.cfg"), "admission = digest\n");
        assertThat(refusal(signed)).isEqualTo("admission is by digest, and there is no list conf/deploy.sha256: if you"
                + " trust the jar, write the line there that sha256sum prints for it, " + JarFacts.digest(signed));
        Files.write(folder.resolve("deploy.sha256"), new byte[] {(byte) 0xff, '\n'});
        assertThat(refusal(signed)).contains("list conf/deploy.sha256 is no text in UTF-8");
        Files.delete(folder.resolve("deploy.sha256"));
        Files.createDirectory(folder.resolve("deploy.sha256"));
        assertThat(refusal(signed)).contains("list conf/deploy.sha256 cannot be read").contains("directory");
    }

    @Test
    void withoutAFileEveryJarIsLetIn() throws Exception {
        Files.delete(folder.resolve("deploy.cfg"));
        assertThat(refusal(jar(Map.of()))).isEmpty();
        assertThat(admission.mode()).isEqualTo("off");
    }
}
