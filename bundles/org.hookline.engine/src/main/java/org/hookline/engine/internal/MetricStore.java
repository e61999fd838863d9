// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;

/** The scalars of a run. Training thread only. */
public final class MetricStore implements Metrics {
    /** So many unread device scalars are read even if nobody asks, so that they do not pile up. */
    static final int MAX_PENDING = 1024;

    static final int MAX_HISTORY = 1 << 16;

    /** Reads scalars from the device, all in one transfer. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Reads scalars.
         *
         * @param scalars arrays of one element
         * @return their values
         */
        double[] read(List<NDArray> scalars);
    }

    private final Progress progress;
    private final Reader reader;
    private final Map<String, History> series = new LinkedHashMap<>();
    private final Recent<byte[]> images = new Recent<>();
    private final Recent<float[]> histograms = new Recent<>();

    // Values in the order in which they were put; those with an array are still on the device.
    private final List<History> pendingSeries = new ArrayList<>();
    private final List<NDArray> pendingArrays = new ArrayList<>();
    private double[] pendingValues = new double[64];
    private long[] pendingIterations = new long[64];
    private int onDevice;
    private final List<NDArray> toRead = new ArrayList<>();

    /**
     * Makes an empty store.
     *
     * @param progress gives the iteration of each value
     * @param reader reads device scalars
     */
    public MetricStore(Progress progress, Reader reader) {
        this.progress = progress;
        this.reader = reader;
    }

    private History history(String name, boolean smooth) {
        History h = series.get(name);
        if (h == null) {
            h = new History(smooth);
            series.put(name, h);
        }
        return h;
    }

    @Override
    public void put(String name, double value) {
        put(name, value, true);
    }

    @Override
    public void put(String name, double value, boolean smooth) {
        History h = history(name, smooth);
        if (h.pending == 0) {
            h.add(value, progress.iteration());
        } else {
            pend(h, null, value);
        }
    }

    @Override
    public void put(String name, NDArray scalar) {
        if (scalar.size() != 1) {
            throw new IllegalArgumentException("metric " + name + " has shape " + scalar.getShape()
                    + ", not one value");
        }
        pend(history(name, true), scalar, 0);
        onDevice++;
        if (pendingSeries.size() >= MAX_PENDING) {
            flush();
        }
    }

    private void pend(History h, NDArray scalar, double value) {
        int n = pendingSeries.size();
        if (n == pendingValues.length) {
            pendingValues = Arrays.copyOf(pendingValues, n * 2);
            pendingIterations = Arrays.copyOf(pendingIterations, n * 2);
        }
        pendingSeries.add(h);
        pendingArrays.add(scalar);
        pendingValues[n] = value;
        pendingIterations[n] = progress.iteration();
        h.pending++;
    }

    private void flush() {
        int n = pendingSeries.size();
        if (n == 0) {
            return;
        }
        double[] read = {};
        try {
            if (onDevice > 0) {
                for (int i = 0; i < n; i++) {
                    if (pendingArrays.get(i) != null) {
                        toRead.add(pendingArrays.get(i));
                    }
                }
                read = reader.read(toRead);
            }
            for (int i = 0, r = 0; i < n; i++) {
                double value = pendingArrays.get(i) == null ? pendingValues[i] : read[r++];
                pendingSeries.get(i).add(value, pendingIterations[i]);
            }
        } finally {
            discard();
        }
    }

    private void discard() {
        for (NDArray a : pendingArrays) {
            if (a != null) {
                a.close();
            }
        }
        pendingSeries.forEach(h -> h.pending = 0);
        toRead.clear();
        pendingArrays.clear();
        pendingSeries.clear();
        onDevice = 0;
    }

    /** {@return all scalars with their histories, as a hook's state would hold them; reads from the device} */
    List<Object> save() {
        flush();
        List<Object> saved = new ArrayList<>();
        series.forEach((name, h) -> {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", name);
            map.put("smooth", h.smooth);
            map.put("count", h.count);
            map.put("sum", h.sum);
            map.put("iteration", h.iteration);
            map.put("newest", h.newest(MAX_HISTORY));
            saved.add(map);
        });
        return saved;
    }

    /**
     * Takes up what {@link #save} gave, in place of what is here.
     *
     * @throws IllegalArgumentException if it is of another form
     */
    void load(List<?> saved) {
        series.clear();
        for (Object o : saved) {
            if (!(o instanceof Map<?, ?> map && map.get("name") instanceof String name
                    && map.get("smooth") instanceof Boolean smooth && map.get("count") instanceof Long count
                    && map.get("sum") instanceof Double sum && map.get("iteration") instanceof Long iteration
                    && map.get("newest") instanceof double[] newest && newest.length <= MAX_HISTORY
                    && newest.length <= count)) {
                throw new IllegalArgumentException("the history of a metric cannot be read");
            }
            series.put(name, new History(smooth, newest, count, sum, iteration));
        }
    }

    /** Ends the iteration: the pictures and histograms of the one before it are gone. */
    void iterationDone() {
        images.iterationDone();
        histograms.iterationDone();
    }

    /** Frees what still lies on the device; the histories stay. */
    void close() {
        discard();
    }

    @Override
    public void putImage(String name, byte[] png) {
        images.put(name, png.clone());
    }

    @Override
    public void putHistogram(String name, float[] values) {
        histograms.put(name, values.clone());
    }

    @Override
    public List<String> names() {
        return List.copyOf(series.keySet());
    }

    @Override
    public Optional<Series> series(String name) {
        flush();
        return Optional.ofNullable(series.get(name)).filter(h -> h.count > 0).map(Series.class::cast);
    }

    @Override
    public Map<String, Double> latest() {
        flush();
        Map<String, Double> latest = new LinkedHashMap<>();
        series.forEach((name, h) -> {
            if (h.count > 0) {
                latest.put(name, h.latest());
            }
        });
        return latest;
    }

    @Override
    public Map<String, byte[]> images() {
        return images.all;
    }

    @Override
    public Map<String, float[]> histograms() {
        return histograms.all;
    }

    /** What was put in this iteration and in the one before it. */
    private static final class Recent<T> {
        private final Map<String, T> values = new LinkedHashMap<>();
        private final Set<String> before = new HashSet<>();
        final Map<String, T> all = Collections.unmodifiableMap(values);

        void put(String name, T value) {
            before.remove(name);
            values.put(name, value);
        }

        void iterationDone() {
            if (!values.isEmpty()) {
                values.keySet().removeAll(before);
                before.clear();
                before.addAll(values.keySet());
            }
        }
    }

    private static final class History implements Series {
        private final boolean smooth;
        private double[] ring = new double[64];
        private long count;
        private double sum;
        private long iteration;
        private int pending;

        History(boolean smooth) {
            this.smooth = smooth;
        }

        History(boolean smooth, double[] newest, long count, double sum, long iteration) {
            this.smooth = smooth;
            while (ring.length < newest.length) {
                ring = new double[ring.length * 2];
            }
            // A ring that is not full yet begins at 0, as count and the number of values are the same then.
            for (int i = 0; i < newest.length; i++) {
                ring[(int) ((count - newest.length + i) % ring.length)] = newest[i];
            }
            this.count = count;
            this.sum = sum;
            this.iteration = iteration;
        }

        void add(double value, long at) {
            if (count == ring.length && ring.length < MAX_HISTORY) {
                ring = Arrays.copyOf(ring, ring.length * 2);
            }
            ring[(int) (count % ring.length)] = value;
            count++;
            sum += value;
            iteration = at;
        }

        private double[] newest(int window) {
            if (window < 1) {
                throw new IllegalArgumentException("window is " + window + ", expected 1 or more");
            }
            int n = (int) Math.min(Math.min(window, count), ring.length);
            double[] values = new double[n];
            for (int i = 0; i < n; i++) {
                values[i] = ring[(int) ((count - n + i) % ring.length)];
            }
            return values;
        }

        @Override
        public double latest() {
            return ring[(int) ((count - 1) % ring.length)];
        }

        @Override
        public long latestIteration() {
            return iteration;
        }

        @Override
        public double median(int window) {
            double[] values = newest(window);
            Arrays.sort(values);
            int middle = values.length / 2;
            return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        }

        @Override
        public double mean(int window) {
            return Arrays.stream(newest(window)).average().orElse(Double.NaN);
        }

        @Override
        public double globalMean() {
            return sum / count;
        }

        @Override
        public long count() {
            return count;
        }

        @Override
        public boolean smooth() {
            return smooth;
        }
    }
}
