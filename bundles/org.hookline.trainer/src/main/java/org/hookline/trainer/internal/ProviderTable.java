// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The services of one kind by the type that they serve, live. Of several for one type the one with the highest ranking
 * counts, and of those the oldest, as OSGi orders services. For any thread.
 *
 * @param <P> the kind
 */
final class ProviderTable<P> extends AbstractMap<String, P> {
    private static final Logger LOG = LoggerFactory.getLogger(ProviderTable.class);

    private record Entry<P>(String type, P provider, int ranking, long id) {
        boolean before(Entry<P> other) {
            return ranking != other.ranking ? ranking > other.ranking : id < other.id;
        }
    }

    private final String property;
    private final Map<Long, Entry<P>> services = new LinkedHashMap<>();
    private volatile Map<String, P> byType = Map.of();

    /**
     * Makes an empty table.
     *
     * @param property the service property that names the type
     */
    ProviderTable(String property) {
        this.property = property;
    }

    /**
     * Adds a service.
     *
     * @param provider the service
     * @param properties its properties
     */
    synchronized void add(P provider, Map<String, ?> properties) {
        if (!(properties.get(property) instanceof String type) || type.isBlank()) {
            LOG.error("service {} of {} is not used: its property {} is {}, expected the name in run files",
                    properties.get("service.id"), provider.getClass().getName(), property, properties.get(property));
            return;
        }
        long id = properties.get("service.id") instanceof Long l ? l : Long.MAX_VALUE;
        int ranking = properties.get("service.ranking") instanceof Integer i ? i : 0;
        services.put(id, new Entry<>(type, provider, ranking, id));
        index();
    }

    /**
     * Removes a service.
     *
     * @param properties its properties
     */
    synchronized void remove(Map<String, ?> properties) {
        if (properties.get("service.id") instanceof Long id && services.remove(id) != null) {
            index();
        }
    }

    private void index() {
        Map<String, Entry<P>> best = new TreeMap<>();
        for (Entry<P> entry : services.values()) {
            best.merge(entry.type(), entry, (a, b) -> a.before(b) ? a : b);
        }
        Map<String, P> providers = new TreeMap<>();
        best.forEach((type, entry) -> providers.put(type, entry.provider()));
        byType = java.util.Collections.unmodifiableMap(providers);
    }

    @Override
    public P get(Object type) {
        return byType.get(type);
    }

    @Override
    public boolean containsKey(Object type) {
        return byType.containsKey(type);
    }

    @Override
    public Set<Map.Entry<String, P>> entrySet() {
        return byType.entrySet();
    }
}
