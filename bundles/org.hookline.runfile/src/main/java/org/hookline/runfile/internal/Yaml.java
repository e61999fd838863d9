// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Writes YAML. */
public final class Yaml {
    private Yaml() {}

    /**
     * Writes a mapping: keys of the first two levels in lines of their own, what lies deeper in braces where it is
     * short.
     *
     * @param map JDK types
     * @return the text
     */
    public static String write(Map<String, Object> map) {
        DumpSettings settings = DumpSettings.builder()
                .setSchema(new CoreSchema())
                .setDefaultFlowStyle(FlowStyle.AUTO)
                .setWidth(110)
                .setSplitLines(true)
                .setDereferenceAliases(true)
                .build();
        return new Dump(settings).dumpToString(map);
    }
}
