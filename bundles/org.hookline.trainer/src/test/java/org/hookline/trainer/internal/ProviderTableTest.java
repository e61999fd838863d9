// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProviderTableTest {
    private final ProviderTable<String> table = new ProviderTable<>("type");

    private static Map<String, Object> properties(long id, String type, Object ranking) {
        Map<String, Object> map = new HashMap<>(Map.of("service.id", id, "type", type));
        if (ranking != null) {
            map.put("service.ranking", ranking);
        }
        return map;
    }

    @Test
    void servicesComeAndGo() {
        table.add("one", properties(1, "mlp", null));
        table.add("two", properties(2, "lenet", null));
        assertThat(table).containsOnly(Map.entry("mlp", "one"), Map.entry("lenet", "two"));
        table.remove(properties(1, "mlp", null));
        assertThat(table).containsOnlyKeys("lenet");
        table.remove(properties(1, "mlp", null));
        assertThat(table).containsOnlyKeys("lenet");
    }

    @Test
    void theHighestRankingCountsAndThenTheOldest() {
        table.add("young", properties(5, "mlp", null));
        table.add("old", properties(3, "mlp", null));
        assertThat(table.get("mlp")).isEqualTo("old");
        table.add("high", properties(9, "mlp", 10));
        assertThat(table.get("mlp")).isEqualTo("high");
        table.remove(properties(9, "mlp", 10));
        table.remove(properties(3, "mlp", null));
        assertThat(table.get("mlp")).isEqualTo("young");
    }

    @Test
    void aServiceWithoutATypeIsNotUsed() {
        table.add("nameless", Map.of("service.id", 1L));
        table.add("numbered", Map.of("service.id", 2L, "type", 7));
        assertThat(table).isEmpty();
    }
}
