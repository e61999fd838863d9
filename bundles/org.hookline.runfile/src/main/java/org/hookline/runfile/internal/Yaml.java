// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.representer.StandardRepresenter;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Writes YAML. */
public final class Yaml {
    /** What is longer than this as text gets lines of its own. */
    private static final int SHORT = 80;

    private static final DumpSettings SETTINGS = DumpSettings.builder()
            .setSchema(new CoreSchema())
            .setDefaultFlowStyle(FlowStyle.AUTO)
            .setWidth(4096)
            .setDereferenceAliases(true)
            .build();

    private Yaml() {}

    /**
     * Writes a mapping: short ones and lists in braces, others key by key in lines of their own.
     *
     * @param map JDK types
     * @return the text
     */
    public static String write(Map<String, Object> map) {
        return new Dump(SETTINGS, new Representer(SETTINGS)).dumpToString(map);
    }

    private static final class Representer extends StandardRepresenter {
        Representer(DumpSettings settings) {
            super(settings);
        }

        @Override
        protected Node representMapping(Tag tag, Map<?, ?> mapping, FlowStyle flowStyle) {
            boolean flat = mapping.values().stream().noneMatch(v -> v instanceof Map<?, ?> m && !m.isEmpty());
            return super.representMapping(tag, mapping,
                    flat && mapping.toString().length() <= SHORT ? FlowStyle.FLOW : FlowStyle.BLOCK);
        }
    }
}
