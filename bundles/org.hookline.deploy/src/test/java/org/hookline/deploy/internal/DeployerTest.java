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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
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
    private boolean singleton;
    private String exports = "";
    private String component = hook("MyHook", "LOW");

    private static String hook(String name, String level) {
        return "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.3.0' name='" + name + "'>"
                + "<property name='level' value='" + level + "'/>"
                + "<service><provide interface='org.hookline.api.Hook'/></service>"
                + "<implementation class='a.B'/></scr:component>";
    }

    /** A framework that keeps the names of what runs, in order, and refuses what it is told to refuse. */
    private static final class Shelf implements Platform {
        record Item(String id, JarFacts facts) implements Handle {}

        final List<String> running = new ArrayList<>();
        final List<String> log = new ArrayList<>();
        String refuses = "none";
        String refusedByRun = "none";
        String missing = "none";
        boolean givesUp;
        boolean ending;
        final List<Item> present = new ArrayList<>();

        @Override
        public Set<String> systemBundles() {
            return Set.of("org.hookline.api");
        }

        @Override
        public Optional<String> systemExporter(String name) {
            return name.equals("org.hookline.api") ? Optional.of("org.hookline.api") : Optional.empty();
        }

        @Override
        public Optional<String> componentOwner(String name, String except) {
            return name.equals("OptimizerHook") ? Optional.of("org.hookline.hook.optimizer") : Optional.empty();
        }

        @Override
        public Optional<String> broken(Handle handle) {
            return Optional.empty();
        }

        @Override
        public boolean ending() {
            return ending;
        }

        @Override
        public Swap swap() {
            return new Swap() {
                private final List<Item> held = new ArrayList<>();

                @Override
                public Map<Path, Object> install(Collection<Path> jars) {
                    Map<Path, Object> result = new HashMap<>();
                    jars.forEach(j -> result.put(j, installed(j)));
                    return result;
                }

                private Item installed(Path jar) {
                    try {
                        JarFacts facts = JarFacts.read(jar);
                        return new Item(facts.symbolicName() + " " + facts.version(), facts);
                    } catch (JarFacts.Unusable | IOException e) {
                        throw new IllegalStateException(e);
                    }
                }

                @Override
                public void start(Handle handle) throws Failed {
                    Item item = (Item) handle;
                    if (item.id().equals(refuses)) {
                        throw new Failed("it does not start: boom", null);
                    }
                    if (item.id().equals(missing)
                            && present.stream().noneMatch(p -> p.facts().exports().contains("com.lib"))) {
                        throw new Failed("it needs the package com.lib", "com.lib", null);
                    }
                    held.add(item);
                    log.add("+" + item.id());
                }

                @Override
                public Handle update(Handle old, Path before, Path jar) throws Failed {
                    Item item = installed(jar);
                    if (item.id().equals(refuses)) {
                        throw new Failed("it does not start: boom", null);
                    }
                    running.remove(((Item) old).id());
                    running.add(item.id());
                    log.add("=" + item.id());
                    return item;
                }

                @Override
                public void replace(Handle old, Handle fresh) {
                    log.add(((Item) old).id() + " for " + ((Item) fresh).id());
                }

                @Override
                public void withdraw(Handle handle) {
                    log.add("withdraw " + ((Item) handle).id());
                }

                @Override
                public Map<Handle, String> commit(BooleanSupplier giveUp) {
                    if (givesUp && giveUp.getAsBoolean()) {
                        return null;
                    }
                    log.add("commit");
                    Map<Handle, String> refused = new HashMap<>();
                    for (Item item : held) {
                        if (item.id().equals(refusedByRun)) {
                            refused.put(item, "its hook cannot take part");
                        } else {
                            running.add(item.id());
                            present.add(item);
                        }
                    }
                    return refused;
                }

                @Override
                public void remove(List<Handle> handles) {
                    for (Handle handle : handles) {
                        running.remove(((Item) handle).id());
                        present.remove((Item) handle);
                        log.add("-" + ((Item) handle).id());
                    }
                }

                @Override
                public void close() {}
            };
        }
    }

    @BeforeEach
    void start() throws IOException {
        deploy = Files.createDirectory(folder.resolve("deploy"));
        Files.createDirectory(folder.resolve("conf"));
        deployer = new Deployer(shelf, new Admission(folder.resolve("conf")),
                new Notes(folder.resolve("data/rejected")), folder.resolve("data/staging"), Duration.ofMillis(150),
                System::nanoTime);
    }

    private void changed(Path... files) throws InterruptedException {
        assertThat(deployer.changed(List.of(files), () -> false)).isTrue();
        while (deployer.waits()) {
            Thread.sleep(10);
            deployer.changed(List.of(), () -> false);
        }
    }

    private Path jar(String file, String name, String version, String content) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        if (name != null) {
            main.putValue("Bundle-ManifestVersion", "2");
            main.putValue("Bundle-SymbolicName", name + (singleton ? ";singleton:=true" : ""));
            main.putValue("Bundle-Version", version);
            if (!exports.isEmpty()) {
                main.putValue("Export-Package", exports);
            }
            main.putValue("Service-Component", "OSGI-INF/*.xml");
        }
        Path path = deploy.resolve(file);
        try (OutputStream out = Files.newOutputStream(path); JarOutputStream jar = new JarOutputStream(out, manifest)) {
            if (name != null && !component.isEmpty()) {
                jar.putNextEntry(new ZipEntry("OSGI-INF/c.xml"));
                jar.write(component.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
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
        changed(file);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        Files.delete(file);
        changed(file);
        assertThat(shelf.running).isEmpty();
        assertThat(folder.resolve("data/staging")).isEmptyDirectory();
    }

    @Test
    void aNewVersionStartsBesideTheOldOneAndTakesItsPlaceInTheRunsBeforeThatGoes() throws Exception {
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.log).containsExactly("+my.hook 1.0.0", "commit", "+my.hook 1.0.1",
                "my.hook 1.0.0 for my.hook 1.0.1", "commit", "-my.hook 1.0.0");
    }

    @Test
    void aNewVersionThatARunRefusesGoesAndTheOldOneStays() throws Exception {
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        shelf.refusedByRun = "my.hook 1.0.1";
        changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.log).endsWith("commit", "-my.hook 1.0.1");
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(note("hook.jar")).contains("its hook cannot take part; my.hook 1.0.0 goes on");
    }

    @Test
    void whatFailsBecauseTheProcessEndsIsHeldAgainstNoJar() throws Exception {
        shelf.refuses = "my.hook 1.0.0";
        shelf.ending = true;
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        changed(file);
        assertThat(folder.resolve("data/rejected/hook.jar.txt")).doesNotExist();
        assertThat(deployer.list()).isEmpty();
        shelf.ending = false;
        changed(file);
        assertThat(note("hook.jar")).contains("it does not start: boom");
    }

    @Test
    void filesThatComeTogetherAreOneChange() throws Exception {
        Path a = jar("a.jar", "a", "1.0.0", "a");
        Path b = jar("b.jar", "b", "1.0.0", "b");
        changed(a, b);
        Files.delete(a);
        changed(a, jar("b.jar", "b", "1.0.1", "c"));
        assertThat(shelf.log).containsExactly("+a 1.0.0", "+b 1.0.0", "commit", "+b 1.0.1", "b 1.0.0 for b 1.0.1",
                "withdraw a 1.0.0", "commit", "-b 1.0.0", "-a 1.0.0");
    }

    @Test
    void aSingletonIsExchangedInPlace() throws Exception {
        singleton = true;
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.log).containsExactly("+my.hook 1.0.0", "commit", "=my.hook 1.0.1", "commit");
        assertThat(shelf.running).containsExactly("my.hook 1.0.1");
    }

    @Test
    void whenARunDoesNotComeToABoundaryAndOtherFilesComeNothingHasChanged() throws Exception {
        shelf.givesUp = true;
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        assertThat(deployer.changed(List.of(file), () -> true)).isFalse();
        assertThat(shelf.running).isEmpty();
        shelf.givesUp = false;
        changed(file);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
    }

    @Test
    void aJarThatLackedAPackageIsTriedAgainWhenALibraryBringsIt() throws Exception {
        shelf.missing = "my.hook 1.0.0";
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        assertThat(note("hook.jar")).contains("it needs the package com.lib");
        exports = "com.lib;version=\"1.0,1\",com.other";
        changed(jar("lib.jar", "lib", "1.0.0", "b"));
        assertThat(shelf.running).containsExactly("lib 1.0.0", "my.hook 1.0.0");
        assertThat(folder.resolve("data/rejected/hook.jar.txt")).doesNotExist();
    }

    @Test
    void anApiPackageOrTheNameOfAComponentOfTheDistributionIsRefused() throws Exception {
        exports = "org.hookline.api;version=2.0.0";
        changed(jar("api.jar", "my.api", "1.0.0", "a"));
        assertThat(note("api.jar")).contains("it exports the package org.hookline.api, which org.hookline.api offers");
        exports = "";
        component = hook("OptimizerHook", "HIGH");
        changed(jar("opt.jar", "my.optimizer", "1.0.0", "a"));
        assertThat(note("opt.jar"))
                .contains("its component OptimizerHook has the name of one in org.hookline.hook.optimizer");
        assertThat(shelf.log).isEmpty();
    }

    @Test
    void anUnreadableLevelIsRefusedWithTheNearest() throws Exception {
        component = hook("MyHook", "HIHG");
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        assertThat(note("hook.jar")).contains("the level 'HIHG' of its hook MyHook cannot be read")
                .contains("did you mean 'HIGH'?");
        component = hook("MyHook", "25");
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
    }

    @Test
    void onlyListedDigestsAreLetInWhereThatIsAsked() throws Exception {
        Files.writeString(folder.resolve("conf/deploy.cfg"), "admission = digest\n");
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        Files.writeString(folder.resolve("conf/deploy.sha256"), "0".repeat(64) + "  other.jar\n");
        changed(file);
        assertThat(note("hook.jar")).contains(JarFacts.digest(file) + " is not in conf/deploy.sha256");
        Files.writeString(folder.resolve("conf/deploy.sha256"), JarFacts.digest(file) + "  hook.jar\n");
        changed(file);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
    }

    @Test
    void theSameVersionWithOtherContentIsReplacedAndTheSameBytesAreLeftAlone() throws Exception {
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        changed(jar("hook.jar", "my.hook", "1.0.0", "b"));
        int steps = shelf.log.size();
        changed(jar("hook.jar", "my.hook", "1.0.0", "b"));
        assertThat(shelf.log).hasSize(steps);
    }

    @Test
    void aJarTruncatedInPlaceLeavesTheOldOneRunningAndSaysSo() throws Exception {
        Path file = jar("hook.jar", "my.hook", "1.0.0", "a");
        changed(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        changed(file);
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
        changed(file);
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
        changed(file);
        writer.join();
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(folder.resolve("data/rejected/slow.jar.txt")).doesNotExist();
    }

    @Test
    void theNameOfASystemBundleIsRefused() throws Exception {
        changed(jar("api.jar", "org.hookline.api", "9.0.0", "a"));
        assertThat(shelf.running).isEmpty();
        assertThat(note("api.jar")).contains("org.hookline.api belongs to the distribution");
    }

    @Test
    void aBundleThatDoesNotStartLeavesTheOldOneAndItsNoteGoesWithTheNextGoodOne() throws Exception {
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        shelf.refuses = "my.hook 1.0.1";
        changed(jar("hook.jar", "my.hook", "1.0.1", "b"));
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
        assertThat(note("hook.jar")).contains("it does not start: boom").contains("my.hook 1.0.0 goes on");
        changed(jar("hook.jar", "my.hook", "1.0.2", "c"));
        assertThat(shelf.running).containsExactly("my.hook 1.0.2");
        assertThat(folder.resolve("data/rejected/hook.jar.txt")).doesNotExist();
    }

    @Test
    void aBundleWithoutAHookIsRefused() throws Exception {
        component = component.replace("org.hookline.api.Hook", "java.lang.Runnable");
        changed(jar("hook.jar", "my.hook", "1.0.0", "a"));
        assertThat(shelf.running).isEmpty();
        assertThat(note("hook.jar")).contains("no Hook inside");
    }

    @Test
    void aCopyOfADeployedBundleIsRefusedAndDeletingItChangesNothing() throws Exception {
        Path first = jar("hook.jar", "my.hook", "1.0.0", "a");
        changed(first);
        Path copy = deploy.resolve("copy.jar");
        Files.copy(first, copy, StandardCopyOption.REPLACE_EXISTING);
        changed(copy);
        assertThat(note("copy.jar")).contains("my.hook 1.0.0 is deployed already, from hook.jar");
        Files.delete(copy);
        changed(copy);
        assertThat(shelf.running).containsExactly("my.hook 1.0.0");
    }

    @Test
    void aNewerVersionInAnotherFileTakesOver() throws Exception {
        Path old = jar("hook-1.0.jar", "my.hook", "1.0.0", "a");
        changed(old);
        changed(jar("hook-1.1.jar", "my.hook", "1.1.0", "b"));
        assertThat(shelf.log).endsWith("my.hook 1.0.0 for my.hook 1.1.0", "commit", "-my.hook 1.0.0");
        Files.delete(old);
        changed(old);
        assertThat(shelf.running).containsExactly("my.hook 1.1.0");
    }

    @Test
    void whatIsNoBundleIsExplained() throws Exception {
        changed(jar("plain.jar", null, null, "a"));
        assertThat(note("plain.jar")).contains("plain jar, not an OSGi bundle");
        Path text = Files.writeString(deploy.resolve("text.jar"), "hello");
        changed(text);
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
