// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.hookline.api.data.SampleSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The lane of a GPU, over a stream of copies that is a thread. */
class DeviceLaneTest {
    private static final SampleSpec SAMPLES = SampleSpec.classification(new Shape(2), List.of("a", "b"));

    private NDManager manager;
    private ThreadCopies stream;
    private DeviceLane lane;

    @BeforeEach
    void open() {
        manager = DjlRuntime.newScope(Device.cpu());
        stream = new ThreadCopies(100_000);
        lane = new DeviceLane(new LaneShape(SAMPLES, 3), UnaryOperator.identity(), stream, manager);
    }

    @AfterEach
    void close() {
        stream.close();
        manager.close();
    }

    private Lane.Arrays send(int count, float first) {
        lane.fill();
        for (int i = 0; i < count; i++) {
            lane.features().asFloatBuffer().put(2 * i, first + i).put(2 * i + 1, -first - i);
            lane.labels().asLongBuffer().put(i, i % 2);
        }
        return lane.send(count, manager);
    }

    @Test
    void theOrderIsThatOfTheMarks() {
        stream.calls.clear();
        lane.receive(send(3, 1));
        lane.release();
        assertThat(stream.calls).containsExactly("await 1", "2 holds copies", "copy 24", "copy 24",
                "set 1 behind copies", "1 holds operations", "set 2 behind operations");
    }

    @Test
    void aShortBatchHasItsOwnShape() {
        Lane.Arrays full = lane.receive(send(3, 1));
        assertThat(full.features().toFloatArray()).containsExactly(1, -1, 2, -2, 3, -3);
        assertThat(full.labels().toLongArray()).containsExactly(0, 1, 0);
        lane.release();
        Lane.Arrays last = lane.receive(send(2, 7));
        assertThat(last.features().getShape()).isEqualTo(new Shape(2, 2));
        assertThat(last.features().toFloatArray()).containsExactly(7, -7, 8, -8);
        assertThat(last.labels().toLongArray()).containsExactly(0, 1);
        lane.release();
    }

    @Test
    void operationsWaitForTheCopy() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        stream.pause(go);
        Lane.Arrays sent = send(3, 5);
        assertThat(sent.features().toFloatArray()[0]).isNotEqualTo(5);
        CompletableFuture<float[]> received =
                CompletableFuture.supplyAsync(() -> lane.receive(sent).features().toFloatArray());
        assertThatThrownBy(() -> received.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        go.complete(null);
        assertThat(received.get(10, TimeUnit.SECONDS)).containsExactly(5, -5, 6, -6, 7, -7);
    }

    @Test
    void theHostsMemoryIsNotWrittenWhileItIsCopied() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        stream.pause(go);
        send(3, 5);
        // A batch that nobody takes, as at the end of a pass that was given up.
        lane.release();
        CompletableFuture<Void> filled = CompletableFuture.runAsync(lane::fill);
        assertThatThrownBy(() -> filled.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        go.complete(null);
        filled.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theFormatIsThatOfTheThreadThatComputes() {
        DeviceLane formatted = new DeviceLane(new LaneShape(SAMPLES, 2), NDArray::neg, stream, manager);
        formatted.fill();
        formatted.features().asFloatBuffer().put(new float[] {1, 2, 3, 4});
        Lane.Arrays arrays = formatted.receive(formatted.send(2, manager));
        assertThat(arrays.features().toFloatArray()).containsExactly(-1, -2, -3, -4);
    }

    @Test
    void whatIsOutOfOrderIsRefused() {
        assertThatThrownBy(() -> lane.send(1, manager)).hasMessage("a lane that is FREE cannot become SENT");
        lane.fill();
        assertThatThrownBy(lane::fill).hasMessage("a lane that is FILLING cannot become FILLING");
        assertThatThrownBy(() -> lane.send(4, manager)).hasMessage("count is 4, expected 1 to 3");
        assertThatThrownBy(() -> lane.receive(null)).hasMessage("a lane that is FILLING cannot become RECEIVED");
        lane.release();
        lane.fill();
        lane.send(3, manager);
        assertThatThrownBy(() -> lane.send(3, manager)).hasMessage("a lane that is SENT cannot become SENT");
    }

    @Test
    void whereCudaRefusesThereAreLanesWithout() {
        Lanes.Opener opener = Lanes.device(() -> {
            throw new IllegalStateException("cudaStreamCreateWithFlags gives CUDA's error 2: out of memory");
        }, UnaryOperator.identity(), manager);
        try (Lanes lanes = opener.open(new LaneShape(SAMPLES, 3), 2)) {
            assertThat(lanes.all()).hasSize(2).allSatisfy(l -> assertThat(l).isInstanceOf(HostLane.class));
        }
    }

    @Test
    void theStreamIsClosedBeforeTheArrays() {
        ThreadCopies mine = new ThreadCopies(0);
        try (NDManager parent = manager.newSubManager()) {
            Lanes lanes = Lanes.device(() -> mine, UnaryOperator.identity(), parent).open(new LaneShape(SAMPLES, 3), 2);
            assertThat(lanes.all()).hasSize(2).allSatisfy(l -> assertThat(l).isInstanceOf(DeviceLane.class));
            lanes.close();
            lanes.close();
            assertThat(mine.calls).filteredOn("close"::equals).hasSize(1);
        }
    }
}
