// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetatypeReaderTest {
    /** As bnd writes it. */
    private static final String XML = """
            <?xml version="1.0" encoding="UTF-8"?>
            <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.2.0">
              <OCD id="x.Config" name="OptimizerHook" description="Steps.">
                <AD id="gradClip.maxNorm" type="Double" name="grad_clip.max_norm" description="Largest norm."
                    min="0" default="0.0"/>
                <AD id="onNonfinite" type="String" name="on_nonfinite" default="ignore">
                  <Option label="" value="ignore"/>
                  <Option label="" value="skip"/>
                </AD>
                <AD id="steps" type="Long" cardinality="2147483647" name="steps" default="1,2" max="9"/>
                <AD id="words" type="String" cardinality="-3" name="words" default="a\\,b, c"/>
                <AD id="none" type="Integer" cardinality="2" name="none" default=""/>
                <AD id="must" type="Boolean" name="must"/>
              </OCD>
              <Designate factoryPid="OptimizerHook"><Object ocdref="x.Config"/></Designate>
              <Designate pid="other"><Object ocdref="nobody"/></Designate>
            </metatype:MetaData>
            """;

    private static Map<String, MetatypeReader.Description> read(String xml) throws IOException {
        return MetatypeReader.read(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aComponentsParametersAreReadWithTypesRangesAndDefaults() throws IOException {
        Map<String, MetatypeReader.Description> read = read(XML);
        assertThat(read).containsOnlyKeys("OptimizerHook");
        assertThat(read.get("OptimizerHook").description()).isEqualTo("Steps.");
        assertThat(read.get("OptimizerHook").parameters()).containsExactly(
                new Parameter("gradClip.maxNorm", Parameter.Type.NUMBER, 0, Optional.of(List.of("0.0")),
                        "Largest norm.", Optional.of(0.0), Optional.empty(), List.of()),
                new Parameter("onNonfinite", Parameter.Type.TEXT, 0, Optional.of(List.of("ignore")), "",
                        Optional.empty(), Optional.empty(), List.of("ignore", "skip")),
                new Parameter("steps", Parameter.Type.INTEGER, Integer.MAX_VALUE, Optional.of(List.of("1", "2")), "",
                        Optional.empty(), Optional.of(9.0), List.of()),
                new Parameter("words", Parameter.Type.TEXT, -3, Optional.of(List.of("a,b", "c")), "",
                        Optional.empty(), Optional.empty(), List.of()),
                new Parameter("none", Parameter.Type.INTEGER, 2, Optional.of(List.of()), "", Optional.empty(),
                        Optional.empty(), List.of()),
                new Parameter("must", Parameter.Type.BOOLEAN, 0, Optional.empty(), "", Optional.empty(),
                        Optional.empty(), List.of()));
    }

    @Test
    void whatIsNotXmlIsAnError() {
        assertThatThrownBy(() -> read("hello")).isInstanceOf(IOException.class)
                .hasMessageStartingWith("not a metatype description");
    }

    @Test
    void namesOfRunFilesAndPropertiesBelongTogether() {
        for (String[] pair : new String[][] {{"max_norm", "maxNorm"}, {"grad_clip.max_norm", "gradClip.maxNorm"},
            {"lr", "lr"}, {"a_b_c", "aBC"}, {"warmup.start_factor", "warmup.startFactor"}}) {
            assertThat(Parameter.camelCase(pair[0])).isEqualTo(pair[1]);
            assertThat(Parameter.snakeCase(pair[1])).isEqualTo(pair[0]);
        }
        assertThat(Parameter.camelCase("_x_")).isEqualTo("_x_");
        assertThat(Parameter.of("gradClip.maxNorm", Parameter.Type.NUMBER, "0", "").path())
                .containsExactly("grad_clip", "max_norm");
    }
}
