// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.data.Split;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** With the lanes of a CPU, and with those of a GPU over a stream of copies that is a thread. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class BatchLoaderTest {
    private static final SampleSpec SAMPLES = SampleSpec.classification(new Shape(3), List.of("a", "b", "c", "d"));

    /** Sample i has the features i, i + 0.25, i + 0.5 and the class i mod 4. */
    private record Numbered(int size, IntConsumer before) implements Split {
        @Override
        public void readFeatures(int index, FloatBuffer out, long random) {
            before.accept(index);
            out.put(index).put(index + 0.25f).put(index + 0.5f);
        }

        @Override
        public void readClass(int index, LongBuffer out) {
            out.put(index % 4);
        }
    }

    @Parameter
    boolean device;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = DjlRuntime.newScope(Device.cpu());
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private Lanes.Opener lanes() {
        return device ? Lanes.device(() -> new ThreadCopies(20_000), UnaryOperator.identity(), manager)
                : Lanes.host(UnaryOperator.identity());
    }

    private BatchLoader loader(Split split, int batchSize, int prefetch, int workers) {
        return new BatchLoader("train", split, SAMPLES, batchSize, prefetch, workers, manager, lanes());
    }

    private static Numbered numbered(int size) {
        return new Numbered(size, index -> {});
    }

    private static List<Float> first(BatchLoader loader) throws Exception {
        List<Float> all = new ArrayList<>();
        while (loader.hasNext()) {
            Batch batch = loader.next();
            float[] values = batch.features().toFloatArray();
            long[] labels = batch.labels().toLongArray();
            for (int i = 0; i < batch.size(); i++) {
                assertThat(values[3 * i + 1]).isEqualTo(values[3 * i] + 0.25f);
                assertThat(labels[i]).isEqualTo((long) values[3 * i] % 4);
                all.add(values[3 * i]);
            }
        }
        return all;
    }

    @Test
    void batchesComeInOrderAndTheLastIsShort() throws Exception {
        try (BatchLoader loader = loader(numbered(10), 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(10), 3, 0);
            assertThat(loader.next().features().getShape()).isEqualTo(new Shape(4, 3));
            assertThat(loader.next().size()).isEqualTo(4);
            Batch last = loader.next();
            assertThat(last.size()).isEqualTo(2);
            assertThat(last.labels().getShape()).isEqualTo(new Shape(2));
            assertThat(last.features().toFloatArray()).containsExactly(8, 8.25f, 8.5f, 9, 9.25f, 9.5f);
            assertThat(loader.hasNext()).isFalse();
            assertThatThrownBy(loader::next).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void severalWorkersKeepTheOrder() throws Exception {
        Split jittery = new Numbered(1000, index -> {
            if (index % 37 == 0) {
                java.util.concurrent.locks.LockSupport.parkNanos(20_000);
            }
        });
        SampleOrder order = SampleOrder.training(1000, true, 5, 0);
        List<Float> expected = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            expected.add((float) order.at(i));
        }
        try (BatchLoader loader = loader(jittery, 7, 5, 4)) {
            loader.start(order, 143, 0);
            assertThat(first(loader)).isEqualTo(expected);
            loader.start(order, 143, 0);
            assertThat(first(loader)).isEqualTo(expected);
        }
    }

    @Test
    void aPassCanBeginInTheMiddle() throws Exception {
        try (BatchLoader loader = loader(numbered(10), 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(10), 3, 2);
            assertThat(first(loader)).containsExactly(8f, 9f);
        }
    }

    @Test
    void aPassCanBeGivenUpForAnother() throws Exception {
        try (BatchLoader loader = loader(numbered(100), 4, 3, 2)) {
            loader.start(SampleOrder.evaluation(100), 25, 0);
            loader.next();
            loader.next();
            loader.start(SampleOrder.evaluation(8), 2, 0);
            assertThat(first(loader)).containsExactly(0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f);
        }
    }

    @Test
    void aFailureSurfacesAtItsBatchWithItsCause() throws Exception {
        IllegalArgumentException cause = new IllegalArgumentException("the file is gone");
        Split failing = new Numbered(12, index -> {
            if (index == 5) {
                throw cause;
            }
        });
        try (BatchLoader loader = loader(failing, 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(12), 3, 0);
            assertThat(loader.next().size()).isEqualTo(4);
            assertThatThrownBy(loader::next).isInstanceOf(IOException.class)
                    .hasMessageContaining("batch 1 of train").hasMessageContaining("sample 5")
                    .hasMessageContaining("the file is gone").hasRootCause(cause);
            assertThat(loader.next().size()).isEqualTo(4);
        }
    }

    @Test
    void whatTheUserDidWrongStaysAnErrorOfTheUser() throws Exception {
        Split wrong = new Numbered(4, index -> {
            throw new UserError("picture 3.png is truncated");
        });
        try (BatchLoader loader = loader(wrong, 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(4), 1, 0);
            assertThatThrownBy(loader::next).isInstanceOf(UserError.class).hasMessage("picture 3.png is truncated");
        }
    }

    @Test
    void aClassOutOfRangeIsFoundBeforeTheDeviceSeesIt() throws Exception {
        Split wrong = new Split() {
            @Override
            public int size() {
                return 4;
            }

            @Override
            public void readFeatures(int index, FloatBuffer out, long random) {
                out.put(0).put(0).put(0);
            }

            @Override
            public void readClass(int index, LongBuffer out) {
                out.put(index == 2 ? 4 : 0);
            }
        };
        try (BatchLoader loader = loader(wrong, 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(4), 1, 0);
            assertThatThrownBy(loader::next).isInstanceOf(UserError.class)
                    .hasMessageContaining("sample 2 is 4, expected 0 to 3");
        }
    }

    @Test
    void aSampleOfTheWrongSizeIsFound() throws Exception {
        Split wrong = new Split() {
            @Override
            public int size() {
                return 4;
            }

            @Override
            public void readFeatures(int index, FloatBuffer out, long random) {
                out.put(0).put(0);
            }
        };
        try (BatchLoader loader = loader(wrong, 4, 2, 1)) {
            loader.start(SampleOrder.evaluation(4), 1, 0);
            assertThatThrownBy(loader::next).hasMessageContaining("moved the buffer to 2, expected 3");
        }
    }

    @Test
    void onlyAFewBatchesAreReadAhead() throws Exception {
        List<Integer> read = java.util.Collections.synchronizedList(new ArrayList<>());
        Split counted = new Numbered(100, read::add);
        try (BatchLoader loader = loader(counted, 1, 2, 1)) {
            loader.start(SampleOrder.evaluation(100), 100, 0);
            loader.next();
            long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
            while (read.size() < 10 && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            Thread.sleep(50);
            // One is in use, two are ready, and seven more for the thread to be woken an eighth as often.
            assertThat(read).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        }
    }

    @Test
    void largeBatchesAreNotKeptInNumbers() throws Exception {
        int floats = 3 << 20;
        AtomicInteger read = new AtomicInteger();
        Split counted = new Split() {
            @Override
            public int size() {
                return 20;
            }

            @Override
            public void readFeatures(int index, FloatBuffer out, long random) {
                out.position(out.position() + floats);
                read.incrementAndGet();
            }

            @Override
            public void readClass(int index, LongBuffer out) {
                out.put(0);
            }
        };
        SampleSpec large = SampleSpec.classification(new Shape(floats), List.of("a"));
        try (BatchLoader loader = new BatchLoader("train", counted, large, 1, 2, 1, manager, lanes())) {
            loader.start(SampleOrder.evaluation(20), 20, 0);
            loader.next();
            long end = System.nanoTime() + Duration.ofMillis(500).toNanos();
            while (read.get() < 4 && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            Thread.sleep(50);
            // One is in use, two are ready, and one more for the thread to be woken half as often.
            assertThat(read).hasValue(4);
        }
    }

    @Test
    void theThreadsEndWithTheLoaderAlsoWhenADataSetBlocks() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        Split blocking = new Numbered(8, index -> {
            reading.countDown();
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        });
        BatchLoader loader = new BatchLoader("blocked", blocking, SAMPLES, 4, 2, 1, manager, lanes());
        loader.start(SampleOrder.evaluation(8), 2, 0);
        assertThat(reading.await(5, TimeUnit.SECONDS)).isTrue();
        long start = System.nanoTime();
        loader.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .noneMatch(name -> name.startsWith("hookline-data-blocked"));
    }

    @Test
    void memoryIsUsedAgainOnlyAfterItsBatchWasReleased() throws Exception {
        try (BatchLoader loader = loader(numbered(400), 4, 2, 2)) {
            loader.start(SampleOrder.evaluation(400), 100, 0);
            for (int i = 0; i < 100; i++) {
                Batch batch = loader.next();
                float[] before = batch.features().toFloatArray();
                java.util.concurrent.locks.LockSupport.parkNanos(20_000);
                assertThat(batch.features().toFloatArray()).isEqualTo(before);
                assertThat(before[0]).isEqualTo(4 * i);
            }
        }
    }
}
