// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.hookline.deploy.Deployments.State;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeployerTest {
    @TempDir
    Path folder;

    private Path deploy;
    private final Shelf shelf = new Shelf();
    private Deployer deployer;

    /** A framework that keeps the names of what runs, in order, and refuses what it is told to refuse. */
    private static final class Shelf implements Platform {
        record Item(String id, String content) implements Handle {}

        final List<String> running = new ArrayList<>();
        final List<String> log = new ArrayList<>();
        String refuses = "none";
        String useless = "none";

        @Override
        public Set<String> systemBundles() {
            return Set.of("org.hookline.api");
        }

        @Override
        public Handle start(Path jar) throws Failed {
            try {
                JarFacts facts = JarFacts.read(jar);
                String id = facts.symbolicName() + " " + facts.version();
                if (id.equals(refuses)) {
                    throw new Failed("it does not start: boom", null);
                }
                running.add(id);
                log.add("+" + id);
                return new Item(id, facts.sha256());
            } catch (JarFacts.Unusable | IOException e) {
                throw new Failed("unreadable", e);
            }
        }

        @Override
        public Optional<String> uselessness(Handle bundle) {
            return ((Item) bundle).id().equals(useless) ? Optional.of("there is no Hook inside") : Optional.empty();
        }

        @Override
        public void remove(Handle bundle) {
            running.remove(((Item) bundle).id());
            log.add("-" + ((Item) bundle).id());
        }
    }

    @BeforeEach
    void start() throws IOException {
        deploy = Files.createDirectory(folder.resolve("deploy"));
        deployer = new Deployer(shelf, folder.resolve("data"), Duration.ofMillis(150));
    }

    private Path jar(String file, String name, String version, String content) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        if (name != null) {
            main.putValue("Bundle-ManifestVersion", "2");
            main.putValue("Bundle-SymbolicName", name + ";singleton:=true");
            main.putValue("Bundle-Version", version);
        }
        Path path = deploy.resolve(file);
        try (OutputStream out = Files.newOutputStream(path); JarOutputStream jar = new JarOutputStream(out, manifest)) {
            jar.putNextEntry(new ZipEntry("content.txt"));
            jar.write(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return path;
    }

    private String note(String file) throws IOException {
        return Files.readString(folder.resolve("data/rejected/" + file + ".txt"));
    }

    @Test
    void aJarIsStartedFromACopyAndGoesWithItsFile() throws Exception {
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        deployer.changed(file);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        Files.delete(file);
        deployer.deleted(file);
        assertThat(shelf.running).isEmpty();
        assertThat(folder.resolve("data/staging")).isEmptyDirectory();
    }

    @Test
    void aNewVersionStartsBeforeTheOldOneGoes() throws Exception {
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        deployer.changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.log).containsExactly("+my.hook 1.0.0", "+my.hook 1.0.1", "-my.hook 1.0.0");
    }

    @Test
    void theSameVersionWithOtherContentIsReplacedAndTheSameBytesAreLeftAlone() throws Exception {
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "b"));
        assertThat(shelf.log).hasSize(3);
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "b"));
        assertThat(shelf.log).hasSize(3);
    }

    @Test
    void aJarTruncatedInPlaceLeavesTheOldOneRunningAndSaysSo() throws Exception {
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        deployer.changed(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        deployer.changed(file);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(note("hook.jar")).contains("not a readable jar").contains("my.hook 1.0.0 goes on");
    }

    @Test
    void aFlippedByteInsideAnEntryIsFoundOut() throws Exception {
        Path file = jar("hook.jar", "my.hook", "1.0.0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        byte[] bytes = Files.readAllBytes(file);
        int data = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("content.txt") + 14;
        bytes[data] ^= 0x55;
        Files.write(file, bytes);
        deployer.changed(file);
        assertThat(shelf.running).isEmpty();
        assertThat(deployer.list()).singleElement().satisfies(d -> assertThat(d.state()).isEqualTo(State.REJECTED));
    }

    @Test
    void aFileThatIsStillBeingWrittenIsWaitedFor() throws Exception {
        Path whole = jar("whole.tmp", "my.hook", "1.0.0", "x".repeat(50_000));
        byte[] bytes = Files.readAllBytes(whole);
        Path file = deploy.resolve("slow.jar");
        Files.write(file, new byte[0]);
        Thread writer = Thread.ofPlatform().start(() -> {
            try (OutputStream out = Files.newOutputStream(file)) {
                for (int i = 0; i < bytes.length; i += 40) {
                    out.write(bytes, i, Math.min(40, bytes.length - i));
                    Thread.sleep(30);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        deployer.changed(file);
        writer.join();
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(folder.resolve("data/rejected/slow.jar.txt")).doesNotExist();
    }

    @Test
    void theNameOfASystemBundleIsRefused() throws Exception {
        deployer.changed(jar("api.jar", "org.hookline.api", "9.0.0", "a"));
        assertThat(shelf.running).isEmpty();
        assertThat(note("api.jar")).contains("org.hookline.api belongs to the distribution");
    }

    @Test
    void aBundleThatDoesNotStartLeavesTheOldOneAndItsNoteGoesWithTheNextGoodOne() throws Exception {
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        shelf.refuses = "my.hook 1.0.1";
        deployer.changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(note("hook.jar")).contains("it does not start: boom").contains("my.hook 1.0.0 goes on");
        deployer.changed(jar("hook.jar", "my.hook", "1.0.2", "c"));
        assertThat(shelf.running).containsExactly("my.hook 1.0.2");
        assertThat(folder.resolve("data/rejected/hook.jar.txt")).doesNotExist();
    }

    @Test
    void aBundleWithoutAHookIsTakenOutAgain() throws Exception {
        shelf.useless = "my.hook 1.0.0";
        deployer.changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        assertThat(shelf.running).isEmpty();
        assertThat(note("hook.jar")).contains("no Hook inside");
    }

    @Test
    void aCopyOfADeployedBundleIsRefusedAndDeletingItChangesNothing() throws Exception {
        Path first = jar("hook.jar", "my.hook", "1.0.0", "a");
        deployer.changed(first);
        Path copy = deploy.resolve("copy.jar");
        Files.copy(first, copy, StandardCopyOption.REPLACE_EXISTING);
        deployer.changed(copy);
        assertThat(note("copy.jar")).contains("my.hook 1.0.0 is deployed already, from hook.jar");
        deployer.deleted(copy);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
    }

    @Test
    void aNewerVersionInAnotherFileTakesOver() throws Exception {
        Path old = jar("hook-1.0.jar", "my.hook", "1.0.0", "a");
        deployer.changed(old);
        deployer.changed(jar("hook-1.1.jar", "my.hook", "1.1.0", "b"));
        assertThat(shelf.log).containsExactly("+my.hook 1.0.0", "+my.hook 1.1.0", "-my.hook 1.0.0");
        deployer.deleted(old);
        assertThat(shelf.running).containsExactly("my.hook 1.1.0");
    }

    @Test
    void whatIsNoBundleIsExplained() throws Exception {
        deployer.changed(jar("plain.jar", null, null, "a"));
        assertThat(note("plain.jar")).contains("plain jar, not an OSGi bundle");
        Path text = Files.writeString(deploy.resolve("text.jar"), "hello");
        deployer.changed(text);
        assertThat(note("text.jar")).contains("not a readable jar");
    }

    @Test
    void resolveErrorsArePutIntoPlainWords() {
        String felix = "Unable to resolve my.hook [42](R 42.0): missing requirement [my.hook [42](R 42.0)]"
                + " osgi.wiring.package; (&(osgi.wiring.package=org.hookline.api)(version>=2.0.0)(!(version>=3.0.0)))"
                + " Unresolved requirements: [...]";
        assertThat(ResolveErrors.explain(felix, p -> "org.hookline.api offers 1.0.0")).isEqualTo(
                "it needs the package org.hookline.api in version [2.0.0,3.0.0), and org.hookline.api offers 1.0.0:"
                        + " build it against that version");
        assertThat(ResolveErrors.explain("osgi.wiring.package; (osgi.wiring.package=com.acme.x)", p -> ""))
                .isEqualTo("it needs the package com.acme.x, and no bundle here offers it: deploy the bundle that"
                        + " exports it, or embed its jar");
        assertThat(ResolveErrors.explain("osgi.ee; (&(osgi.ee=JavaSE)(version=99))", p -> ""))
                .startsWith("it is built for JavaSE 99 and this is Java 25");
    }
}
