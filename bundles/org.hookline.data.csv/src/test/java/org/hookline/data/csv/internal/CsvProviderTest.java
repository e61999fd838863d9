// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.csv.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvProviderTest {
    @TempDir
    Path folder;

    private static final String IRIS = """
            length,width,kind
            1,10,a
            3,10,b
            1,20,a
            3,20,b
            """;

    private Dataset open(String content, Object... options) throws IOException {
        Files.writeString(folder.resolve("t.csv"), content);
        Map<String, Object> given = new HashMap<>(Map.of("path", "t.csv", "label", "kind"));
        for (int i = 0; i < options.length; i += 2) {
            given.put((String) options[i], options[i + 1]);
        }
        CsvProvider provider = new CsvProvider();
        return provider.open(Options.of("data set csv", folder, provider.options(), given));
    }

    private static float[] row(Split split, int index, int width) {
        FloatBuffer out = FloatBuffer.allocate(width);
        split.readFeatures(index, out, 0);
        return out.array();
    }

    @Test
    void textLabelsAreClassesAndFeaturesAreStandardised() throws IOException {
        Dataset data = open(IRIS, "validation", 0);
        assertThat(data.spec().classes()).containsExactly("a", "b");
        assertThat(data.spec().features()).isEqualTo(new Shape(2));
        Split train = data.splits().get(Dataset.TRAIN);
        assertThat(row(train, 0, 2)).containsExactly(-1, -1);
        assertThat(row(train, 3, 2)).containsExactly(1, 1);
        LongBuffer classes = LongBuffer.allocate(1);
        train.readClass(1, classes);
        assertThat(classes.get(0)).isEqualTo(1);
    }

    @Test
    void statisticsComeFromTheTrainingRowsAlone() throws IOException {
        Files.writeString(folder.resolve("test.csv"), "width,kind,length\n100,a,5\n");
        Dataset data = open(IRIS, "validation", 0, "test_path", "test.csv");
        assertThat(row(data.splits().get(Dataset.TEST), 0, 2)).containsExactly(3, 17);
    }

    @Test
    void numbersAreTargetsOfRegression() throws IOException {
        Dataset data = open("x,kind\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n", "standardize", false);
        assertThat(data.spec().isClassification()).isFalse();
        assertThat(data.splits().get(Dataset.TRAIN).size() + data.splits().get(Dataset.VALIDATION).size()).isEqualTo(4);
    }

    @Test
    void aConstantColumnBecomesZero() throws IOException {
        assertThat(row(open("x,c,kind\n1,7,a\n2,7,b\n", "validation", 0).splits().get("train"), 1, 2)[1]).isZero();
    }

    @Test
    void mistakesNameFileLineAndNearestColumn() {
        assertThatThrownBy(() -> open(IRIS, "label", "kindd")).isInstanceOf(UserError.class)
                .hasMessageContaining("has no column 'kindd'; did you mean 'kind'?");
        assertThatThrownBy(() -> open("x,kind\n1,a\noops,b\n")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.csv:3: column 'x' is 'oops', expected a number");
        assertThatThrownBy(() -> open("x,kind\n1,a\n1\n")).isInstanceOf(UserError.class)
                .hasMessageContaining("t.csv:3: 1 values, expected 2");
        assertThatThrownBy(() -> open("x,kind\n")).isInstanceOf(UserError.class).hasMessageContaining("has no rows");
        assertThatThrownBy(() -> open(IRIS, "path", "absent.csv")).isInstanceOf(UserError.class)
                .hasMessageContaining("there is no file");
        assertThatThrownBy(() -> open(IRIS, "features", List.of("kind"))).isInstanceOf(UserError.class)
                .hasMessageContaining("only copy it");
        assertThatThrownBy(() -> open("x,kind\n1,a\n2,a\n")).hasMessageContaining("only the class");
    }
}
