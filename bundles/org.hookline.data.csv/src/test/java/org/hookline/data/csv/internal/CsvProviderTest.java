// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

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
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvProviderTest {
    private static final String KINDS = """
            length,width,kind
            1,10,a
            3,10,b
            1,20,a
            3,20,b
            """;

    @TempDir
    Path folder;

    private Dataset open(String content, Object... options) throws IOException {
        Files.writeString(folder.resolve("t.csv"), content);
        return reopen(options);
    }

    /** Opens the file as it lies there, all of it for training where nothing else is said. */
    private Dataset reopen(Object... options) throws IOException {
        Map<String, Object> given = new HashMap<>(Map.of("path", "t.csv", "label", "kind", "validation", 0));
        for (int i = 0; i < options.length; i += 2) {
            given.put((String) options[i], options[i + 1]);
        }
        CsvProvider provider = new CsvProvider();
        return provider.open(Options.of("data set csv", folder, provider.options(), given));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> refused(String content, Object... options) {
        return assertThatThrownBy(() -> open(content, options)).isInstanceOf(UserError.class);
    }

    private static float[] row(Split split, int index, int width) {
        FloatBuffer out = FloatBuffer.allocate(width);
        split.readFeatures(index, out, 5);
        assertThat(out.remaining()).isZero();
        return out.array();
    }

    private static float[] target(Split split, int index, int width) {
        FloatBuffer out = FloatBuffer.allocate(width);
        split.readTarget(index, out);
        assertThat(out.remaining()).isZero();
        return out.array();
    }

    private static int label(Split split, int index) {
        LongBuffer out = LongBuffer.allocate(1);
        split.readClass(index, out);
        return (int) out.get(0);
    }

    private static Split train(Dataset data) {
        return data.splits().get(Dataset.TRAIN);
    }

    @Test
    void textLabelsAreClassesAndFeaturesAreStandardised() throws IOException {
        Dataset data = open(KINDS);
        assertThat(data.spec().classes()).containsExactly("a", "b");
        assertThat(data.spec().features()).isEqualTo(new Shape(2));
        assertThat(data.splits().keySet()).containsExactly("train");
        assertThat(row(train(data), 0, 2)).containsExactly(-1, -1);
        assertThat(row(train(data), 3, 2)).containsExactly(1, 1);
        assertThat(label(train(data), 1)).isEqualTo(1);
        assertThat(label(train(data), 2)).isZero();
    }

    @Test
    void columnsAreTakenByNameInTheGivenOrder() throws IOException {
        Dataset data = open(KINDS, "features", List.of("width", "length"), "standardize", false);
        assertThat(row(train(data), 1, 2)).containsExactly(10, 3);
    }

    @Test
    void statisticsComeFromTheTrainingRowsAlone() throws IOException {
        Files.writeString(folder.resolve("test.csv"), "width,kind,length\n100,a,5\n");
        Dataset data = open(KINDS, "test_path", "test.csv");
        assertThat(data.splits().keySet()).containsExactly("train", "test");
        assertThat(row(data.splits().get(Dataset.TEST), 0, 2)).containsExactly(3, 17);

        StringBuilder rows = new StringBuilder("x,kind\n");
        for (int i = 0; i < 50; i++) {
            rows.append(i * i).append(',').append(i % 2 == 0 ? "a" : "b").append('\n');
        }
        Dataset divided = open(rows.toString(), "validation", 0.4);
        double sum = 0;
        double square = 0;
        for (int i = 0; i < 30; i++) {
            double v = row(train(divided), i, 1)[0];
            sum += v;
            square += v * v;
        }
        assertThat(sum / 30).isCloseTo(0, within(1e-6));
        assertThat(square / 30).isCloseTo(1, within(1e-6));
    }

    @Test
    void validationRowsAreHeldOutByClassAndBySeed() throws IOException {
        StringBuilder rows = new StringBuilder("x,kind\n");
        for (int i = 0; i < 40; i++) {
            rows.append(i).append(',').append(i < 30 ? "often" : "rare").append('\n');
        }
        Dataset data = open(rows.toString(), "validation", 0.2, "standardize", false);
        Split validation = data.splits().get(Dataset.VALIDATION);
        assertThat(validation.size()).isEqualTo(8);
        List<Float> seen = new ArrayList<>();
        int rare = 0;
        for (int i = 0; i < 8; i++) {
            rare += label(validation, i);
            seen.add(row(validation, i, 1)[0]);
        }
        assertThat(rare).isEqualTo(2);
        List<Float> again = held(reopen("validation", 0.2, "standardize", false));
        List<Float> other = held(reopen("validation", 0.2, "standardize", false, "split_seed", 1));
        assertThat(again).isEqualTo(seen);
        assertThat(other).isNotEqualTo(seen);
        for (int i = 0; i < 32; i++) {
            seen.add(row(train(data), i, 1)[0]);
        }
        assertThat(seen).doesNotHaveDuplicates().hasSize(40);
    }

    private static List<Float> held(Dataset data) {
        List<Float> values = new ArrayList<>();
        Split split = data.splits().get(Dataset.VALIDATION);
        for (int i = 0; i < split.size(); i++) {
            values.add(row(split, i, 1)[0]);
        }
        return values;
    }

    @Test
    void numbersAreTargets() throws IOException {
        Dataset data = open("x,kind\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n");
        assertThat(data.spec().isClassification()).isFalse();
        assertThat(data.spec().outputs()).isEqualTo(1);
        assertThat(target(train(data), 2, 1)).containsExactly(2.5f);
    }

    @Test
    void severalTargetsArePredictedTogether() throws IOException {
        Dataset data = open("a,x,b\n1,7,-1\n2,8,-2\n", "label", List.of("a", "b"), "standardize", false);
        assertThat(data.spec().outputs()).isEqualTo(2);
        assertThat(target(train(data), 1, 2)).containsExactly(2, -2);
        assertThat(row(train(data), 1, 1)).containsExactly(8);
    }

    @Test
    void fewWholeNumbersAreClassesInTheirOrder() throws IOException {
        Dataset data = open("x,kind\n1,10\n2,9\n3,10.0\n4,09\n5,2\n6,2\n");
        assertThat(data.spec().classes()).containsExactly("2", "9", "10");
        assertThat(label(train(data), 2)).isEqualTo(2);
        assertThat(label(train(data), 3)).isEqualTo(1);
    }

    @Test
    void wholeNumbersThatDifferAreTargetsUnlessTheTaskIsGiven() throws IOException {
        String ages = "x,kind\n1,31\n2,40\n3,57\n";
        assertThat(open(ages).spec().isClassification()).isFalse();
        assertThat(open(ages, "task", "classification").spec().classes()).containsExactly("31", "40", "57");
        assertThat(open("x,kind\n1,0\n2,1\n3,0\n4,1\n", "task", "regression").spec().isClassification()).isFalse();
    }

    @Test
    void aConstantColumnBecomesZero() throws IOException {
        Split split = train(open("x,c,kind\n1,0.1,a\n2,0.1,b\n3,0.1,a\n"));
        for (int i = 0; i < 3; i++) {
            assertThat(row(split, i, 2)[1]).isCloseTo(0, within(1e-6f));
        }
    }

    @Test
    void largeNumbersKeepTheirDifferences() throws IOException {
        // Seconds since 1970: neighbours are one float32.
        Split split = train(open("x,kind\n1700000001,a\n1700000002,b\n1700000003,a\n"));
        assertThat(row(split, 0, 1)[0]).isCloseTo(-1.2247449f, within(1e-5f));
        assertThat(row(split, 1, 1)[0]).isCloseTo(0, within(1e-5f));
    }

    @Test
    void categoriesBecomeOneFeatureForEachValue() throws IOException {
        Files.writeString(folder.resolve("test.csv"), "colour,x,kind\ngreen,5,a\nviolet,6,a\n");
        Dataset data = open("colour,x,kind\nred,1,a\ngreen,2,b\nred,3,a\n", "categorical", "colour", "standardize",
                false, "test_path", "test.csv");
        assertThat(data.spec().features()).isEqualTo(new Shape(3));
        assertThat(row(train(data), 0, 3)).containsExactly(0, 1, 1);
        assertThat(row(train(data), 1, 3)).containsExactly(1, 0, 2);
        // What was never seen is none of the values.
        assertThat(row(data.splits().get("test"), 1, 3)).containsExactly(0, 0, 6);
    }

    @Test
    void missingValuesFollowTheOption() throws IOException {
        String gaps = "x,y,kind\n1,1,a\n,2,b\n3,NA,a\n5,4,b\n";
        refused(gaps).hasMessage("data set csv: " + folder.resolve("t.csv") + ":3: column 'x' has no value ('');"
                + " set the option 'missing' to drop, mean or zero, or fill the gap");
        Split dropped = train(open(gaps, "missing", "drop", "standardize", false));
        assertThat(dropped.size()).isEqualTo(2);
        assertThat(row(dropped, 1, 2)).containsExactly(5, 4);
        Split mean = train(open(gaps, "missing", "mean", "standardize", false));
        assertThat(row(mean, 1, 2)).containsExactly(3, 2);
        assertThat(row(mean, 2, 2)[1]).isCloseTo(7 / 3f, within(1e-6f));
        Split zero = train(open(gaps, "missing", "zero", "standardize", false));
        assertThat(row(zero, 1, 2)).containsExactly(0, 2);
        Split standardised = train(open(gaps, "missing", "mean"));
        assertThat(row(standardised, 1, 2)[0]).isZero();
        refused("x,kind\n,a\n?,b\n", "missing", "drop").hasMessageContaining("every row of");
    }

    @Test
    void aMissingLabelIsNamed() {
        refused("x,kind\n1,a\n2,\n3,b\n").hasMessage(
                "data set csv: " + folder.resolve("t.csv") + ":3: column 'kind' is empty, expected a class");
        refused("x,kind\n1,0.5\n2,NaN\n3,0.75\n").hasMessageContaining(":3: column 'kind' has no value ('NaN')");
    }

    @Test
    void quotesSpacesSeparatorsAndByteOrderMarksAreUnderstood() throws IOException {
        Dataset data = open("\uFEFF\"the length\" ; kind\r\n 1;\"a;b\"\r\n\r\n2;\"say \"\"c\"\"\"\r\n", "separator",
                ";", "standardize", false);
        assertThat(data.spec().classes()).containsExactly("a;b", "say \"c\"");
        assertThat(row(train(data), 1, 1)).containsExactly(2);
        assertThat(open("x\tkind\n1\ta\n2\tb\n", "separator", "tab").spec().classes()).containsExactly("a", "b");
    }

    @Test
    void anArchiveIsUnpacked() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(KINDS.getBytes(StandardCharsets.UTF_8));
        }
        Files.write(folder.resolve("t.csv.gz"), bytes.toByteArray());
        assertThat(train(reopen("path", "t.csv.gz")).size()).isEqualTo(4);
        Files.write(folder.resolve("t.csv.gz"), Arrays.copyOf(bytes.toByteArray(), bytes.size() - 20));
        assertThatThrownBy(() -> reopen("path", "t.csv.gz")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.csv.gz");
        Files.writeString(folder.resolve("t.csv.gz"), KINDS);
        assertThatThrownBy(() -> reopen("path", "t.csv.gz")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.csv.gz");
    }

    @Test
    void columnsThatAreNotThereAreNamedWithTheNearest() {
        refused(KINDS, "label", "kindd").hasMessage("data set csv: " + folder.resolve("t.csv")
                + " has no column 'kindd'; did you mean 'kind'? (there are: length, width, kind)");
        refused(KINDS, "features", List.of("lenght")).hasMessageContaining("did you mean 'length'?");
        refused(KINDS, "categorical", "wide").hasMessageContaining("no column 'wide'");
        refused(KINDS, "features", "width", "categorical", "length").hasMessageContaining("not among the features");
        refused(KINDS, "features", List.of("kind")).hasMessageContaining("only copy it");
        refused("1,10,a\n2,20,b\n", "label", "kind").hasMessageContaining("there are: 1, 10, a");
        refused("1,10,0\n2,20,1\n", "label", "kind").hasMessageEndingWith(
                "its first line holds numbers, expected the names of the columns");
    }

    @Test
    void cellsThatDoNotFitAreNamedByLine() {
        refused("x,kind\n1,a\noops,b\n").hasMessage("data set csv: " + folder.resolve("t.csv")
                + ":3: column 'x' is 'oops', expected a number; name the column under 'categorical', or leave it out"
                + " with 'features'");
        refused("x,kind\n1,a\ninfinity,b").hasMessageContaining(":3: column 'x' is 'infinity'");
        refused("x,kind\n1,a\n1\n2,b\n").hasMessageContaining(
                ":3: 1 values, expected 2, one for each column of the header (separator ',')");
        refused("x,kind\n\n1,a\n\"2\n\",b\n3,c,d\n").hasMessageContaining(":6: 3 values");
    }

    @Test
    void filesThatAreNoTablesAreRefused() throws IOException {
        refused("x,kind\n").hasMessageContaining("has no rows");
        refused("").hasMessageContaining("t.csv is empty");
        refused("x,x,kind\n1,2,a\n").hasMessageContaining("t.csv:1: column 2 of the header is 'x' once more");
        refused("x,,kind\n1,2,a\n").hasMessageContaining("t.csv:1: column 2 of the header has no name");
        refused("x,kind\n1,\"a\n2,b\n").hasMessageContaining("t.csv cannot be read as CSV");
        refused(KINDS, "path", "absent.csv").hasMessageContaining(
                "there is no file " + folder.resolve("absent.csv") + ", expected a CSV file");
        refused(KINDS, "path", ".").hasMessageContaining(folder + " is a folder, expected a CSV file; in it are: ")
                .hasMessageContaining("t.csv");
        refused(KINDS, "test_path", "tt.csv").hasMessageContaining("did you mean " + folder.resolve("t.csv") + "?");
        refused(KINDS, "path", "").hasMessageContaining("option 'path' is empty");
        refused("kind\na\nb\n").hasMessageContaining("no column besides the label");
        Files.write(folder.resolve("t.csv"), new byte[] {'x', ',', 'k', 'i', 'n', 'd', '\n', '1', ',', (byte) 0xe4,
            '\n', '2', ',', 'b', '\n'});
        assertThatThrownBy(() -> reopen()).isInstanceOf(UserError.class).hasMessageContaining("it is not UTF-8");
    }

    @Test
    void labelsThatCannotBeLearntAreRefused() throws IOException {
        refused("x,kind\n1,a\n2,a\n").hasMessageContaining("has only the class a; expected two or more");
        Files.writeString(folder.resolve("test.csv"), "length,width,kind\n1,2,c\n");
        refused(KINDS, "test_path", "test.csv").hasMessageContaining(
                "test.csv:2: column 'kind' is the class 'c', which the training file does not have; there are: a, b");
        refused(KINDS, "label", List.of("kind", "width"), "task", "classification")
                .hasMessageContaining("2 columns, expected one");
        refused(KINDS, "separator", ",,").hasMessageContaining("expected one character or 'tab'");
    }
}
