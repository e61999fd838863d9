// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.text.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextProviderTest {
    @TempDir
    Path folder;

    private Dataset open(String content, Object... options) throws IOException {
        Files.writeString(folder.resolve("t.txt"), content);
        return reopen(options);
    }

    /** Opens the file as it lies there, all of it for training where nothing else is said. */
    private Dataset reopen(Object... options) throws IOException {
        Map<String, Object> given = new HashMap<>(Map.of("path", "t.txt", "context", 3, "test", 0));
        for (int i = 0; i < options.length; i += 2) {
            given.put((String) options[i], options[i + 1]);
        }
        TextProvider provider = new TextProvider();
        return provider.open(Options.of("data set text", folder, provider.options(), given));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> refused(String content, Object... options) {
        return assertThatThrownBy(() -> open(content, options)).isInstanceOf(UserError.class);
    }

    /** All samples of a split as text: the window, an arrow, the character behind it. */
    private static List<String> samples(Dataset data, String name) {
        List<String> classes = data.spec().classes();
        Split split = data.splits().get(name);
        List<String> samples = new ArrayList<>();
        for (int i = 0; i < split.size(); i++) {
            FloatBuffer window = FloatBuffer.allocate((int) data.spec().features().size());
            LongBuffer next = LongBuffer.allocate(1);
            split.readFeatures(i, window, 5);
            split.readClass(i, next);
            assertThat(window.remaining()).isZero();
            StringBuilder text = new StringBuilder();
            for (float code : window.array()) {
                text.append(classes.get((int) code));
            }
            samples.add(text + ">" + classes.get((int) next.get(0)));
        }
        return samples;
    }

    @Test
    void eachWindowIsFollowedByItsLabel() throws IOException {
        Dataset data = open("banana.");
        assertThat(data.spec().features()).isEqualTo(new Shape(3));
        assertThat(data.spec().classes()).containsExactly(".", "a", "b", "n");
        assertThat(data.splits().keySet()).containsExactly("train");
        assertThat(samples(data, "train")).containsExactly("ban>a", "ana>n", "nan>a", "ana>.");
    }

    @Test
    void strideLeavesWindowsOut() throws IOException {
        assertThat(samples(open("abcdefgh", "stride", 2), "train")).containsExactly("abc>d", "cde>f", "efg>h");
        assertThat(samples(open("abcdefgh", "stride", 3), "train")).containsExactly("abc>d", "def>g");
        assertThat(samples(open("abcdefgh", "stride", 4), "train")).containsExactly("abc>d", "efg>h");
        assertThat(samples(open("abcdefgh", "stride", 5), "train")).containsExactly("abc>d");
    }

    @Test
    void theEndOfTheTextIsHeldOutAndNoWindowReachesIntoIt() throws IOException {
        Dataset data = open("abcdefghij", "test", 0.4);
        assertThat(data.splits().keySet()).containsExactly("train", "test");
        assertThat(samples(data, "train")).containsExactly("abc>d", "bcd>e", "cde>f");
        assertThat(samples(data, "test")).containsExactly("ghi>j");
        // What occurs in the test part alone has its place in the vocabulary.
        assertThat(data.spec().classes()).hasSize(10);
        assertThat(data.spec().vocabulary()).isEqualTo(10);
    }

    @Test
    void aTenthIsHeldOutWhereNothingIsSaid() throws IOException {
        Files.writeString(folder.resolve("t.txt"), "abcd".repeat(500));
        TextProvider provider = new TextProvider();
        Dataset data = provider.open(Options.of("data set text", folder, provider.options(), Map.of("path", "t.txt")));
        assertThat(data.spec().features()).isEqualTo(new Shape(64));
        assertThat(data.splits().get("train").size()).isEqualTo(1800 - 64);
        assertThat(data.splits().get("test").size()).isEqualTo(200 - 64);
    }

    @Test
    void charactersAreCodePointsInTheOrderOfUnicode() throws IOException {
        Dataset data = open("\uFEFFaß€😀ﬀ\n\t\u0007", "context", 2);
        // By UTF-16 units the smile, of two surrogates, would come before the ligature.
        assertThat(data.spec().classes()).containsExactly("\\u0007", "\\t", "\\n", "a", "ß", "€", "ﬀ", "😀");
        assertThat(samples(data, "train")).startsWith("aß>€", "ß€>😀", "€😀>ﬀ", "😀ﬀ>\\n").hasSize(6);
    }

    @Test
    void anArchiveIsUnpacked() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write("banana.".getBytes(StandardCharsets.UTF_8));
        }
        Files.write(folder.resolve("t.txt.gz"), bytes.toByteArray());
        assertThat(samples(reopen("path", "t.txt.gz"), "train")).hasSize(4).contains("ban>a");
        Files.write(folder.resolve("t.txt.gz"), Arrays.copyOf(bytes.toByteArray(), bytes.size() - 12));
        assertThatThrownBy(() -> reopen("path", "t.txt.gz")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.txt.gz cannot be unpacked");
        Files.writeString(folder.resolve("t.txt.gz"), "banana.");
        assertThatThrownBy(() -> reopen("path", "t.txt.gz")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.txt.gz cannot be unpacked");
    }

    @Test
    void severalThreadsReadAtATime() throws IOException {
        StringBuilder text = new StringBuilder();
        IntStream.range(0, 5000).forEach(i -> text.appendCodePoint(0x4e00 + i % 977));
        Dataset data = open(text.toString(), "context", 40);
        Split split = data.splits().get("train");
        boolean right = IntStream.range(0, split.size()).parallel().allMatch(i -> {
            FloatBuffer window = FloatBuffer.allocate(40);
            LongBuffer next = LongBuffer.allocate(1);
            split.readFeatures(i, window, 0);
            split.readClass(i, next);
            return IntStream.range(0, 40).allMatch(c -> window.get(c) == (i + c) % 977)
                    && next.get(0) == (i + 40) % 977;
        });
        assertThat(split.size()).isEqualTo(4960);
        assertThat(right).isTrue();
    }

    @Test
    void aTextThatIsTooShortIsRefusedWithBothLengths() {
        refused("abc").hasMessage("data set text: " + folder.resolve("t.txt") + " has 3 characters, of which the split"
                + " 'train' gets 3; expected more than the option 'context', which is 3");
        refused("abcdefghij", "test", 0.2).hasMessageContaining("the split 'test' gets 2;");
        refused("abcdefghij", "test", 0.8).hasMessageContaining("the split 'train' gets 2;");
    }

    @Test
    void filesThatAreNoTextsAreRefused() throws IOException {
        refused("").hasMessageEndingWith("t.txt is empty; expected a text of two or more different characters");
        refused("\n\n\n\n").hasMessageContaining("t.txt has only the character '\\n'; expected");
        refused("abcd", "path", "absent.txt").hasMessage(
                "data set text: there is no file " + folder.resolve("absent.txt")
                        + ", expected a text file (data.path=FILE gives one); " + folder + " has: t.txt");
        refused("abcd", "path", ".").hasMessage("data set text: " + folder
                + " is a folder, expected a text file (data.path=FILE gives one); in it are: t.txt");
        refused("abcd", "path", "").hasMessageContaining("option 'path' is empty");
        Files.write(folder.resolve("t.txt"), new byte[] {'a', '\n', 'b', '\n', 'c', (byte) 0xe4, 'd', 'e'});
        assertThatThrownBy(() -> reopen()).isInstanceOf(UserError.class).hasMessageContaining(
                "t.txt:3: the byte 0xE4 is not UTF-8");
        // The beginning of a character at the end of the file.
        Files.write(folder.resolve("t.txt"), new byte[] {'a', 'b', 'c', 'd', (byte) 0xc3});
        assertThatThrownBy(() -> reopen()).isInstanceOf(UserError.class).hasMessageContaining(
                "t.txt:1: the byte 0xC3 is not UTF-8");
    }

    @Test
    void aFileThatMayNotBeReadIsNamed() throws IOException {
        Path file = folder.resolve("t.txt");
        Files.writeString(file, "abcdef");
        assertThat(file.toFile().setReadable(false, false)).isTrue();
        // An administrator may read everything.
        assumeThat(Files.isReadable(file)).isFalse();
        assertThatThrownBy(() -> reopen()).isInstanceOf(UserError.class).hasMessageEndingWith(
                "t.txt cannot be read: permission denied");
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        refused("abcdef", "context", 0).hasMessageContaining("option 'context' is 0, expected 1 or more");
        refused("abcdef", "stride", 0).hasMessageContaining("option 'stride' is 0, expected 1 or more");
        refused("abcdef", "test", 1).hasMessageContaining("option 'test' is 1.0");
    }
}
