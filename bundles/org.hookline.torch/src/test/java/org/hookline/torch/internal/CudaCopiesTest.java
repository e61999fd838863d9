// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.torch.Torch.GpuLibraries;
import org.hookline.torch.Torch.Mark;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Against a runtime of our own: native functions with the signatures of CUDA's headers, whose device is the machine's
 * memory. For a machine without a GPU; arrays and the look at them are libtorch's own.
 */
class CudaCopiesTest {
    private static final int SIDE = 0x51DE;
    private static final int COMPUTE = 0xC0DE;

    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> symbols = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private NDManager manager;
    private Tensors tensors;
    private Cuda cuda;
    private int current;
    private int events;
    private int copyError;
    private int driver;

    private void define(String name, ValueLayout result, ValueLayout... arguments) throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(arguments).map(ValueLayout::carrier).toArray(Class<?>[]::new);
        MethodHandle method = MethodHandles.lookup().findVirtual(CudaCopiesTest.class, name,
                MethodType.methodType(result.carrier(), types)).bindTo(this);
        symbols.put(name, Linker.nativeLinker().upcallStub(method, FunctionDescriptor.of(result, arguments), arena));
    }

    @BeforeEach
    void open() throws Exception {
        manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        define("aoti_torch_get_current_cuda_stream", JAVA_INT, JAVA_INT, ADDRESS);
        define("cudaGetDevice", JAVA_INT, ADDRESS);
        define("cudaSetDevice", JAVA_INT, JAVA_INT);
        define("cudaHostAlloc", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        define("cudaFreeHost", JAVA_INT, ADDRESS);
        define("cudaStreamCreateWithFlags", JAVA_INT, ADDRESS, JAVA_INT);
        define("cudaStreamSynchronize", JAVA_INT, JAVA_LONG);
        define("cudaStreamDestroy", JAVA_INT, JAVA_LONG);
        define("cudaStreamWaitEvent", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
        define("cudaEventCreateWithFlags", JAVA_INT, ADDRESS, JAVA_INT);
        define("cudaEventRecord", JAVA_INT, JAVA_LONG, JAVA_LONG);
        define("cudaEventSynchronize", JAVA_INT, JAVA_LONG);
        define("cudaEventDestroy", JAVA_INT, JAVA_LONG);
        define("cudaMemcpyAsync", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG);
        define("cudaGetErrorString", ADDRESS, JAVA_INT);
        SymbolLookup ours = name -> Optional.ofNullable(symbols.get(name));
        tensors = new Tensors(Symbols.in(Path.of(LibUtils.getLibtorchPath())));
        cuda = new Cuda(new Symbols(ours, "the runtime of this test"));
    }

    @AfterEach
    void close() {
        manager.close();
        arena.close();
    }

    int aoti_torch_get_current_cuda_stream(int device, MemorySegment stream) {
        stream.reinterpret(8).set(JAVA_LONG, 0, COMPUTE + device);
        return 0;
    }

    int cudaGetDevice(MemorySegment device) {
        device.reinterpret(4).set(JAVA_INT, 0, current);
        return 0;
    }

    int cudaSetDevice(int device) {
        current = device;
        return 0;
    }

    int cudaHostAlloc(MemorySegment result, long bytes, int flags) {
        calls.add("allocate " + bytes + " flags " + flags + " on " + current);
        result.reinterpret(8).set(ADDRESS, 0, arena.allocate(bytes, 64));
        return 0;
    }

    int cudaFreeHost(MemorySegment memory) {
        calls.add("free");
        return 0;
    }

    int cudaStreamCreateWithFlags(MemorySegment stream, int flags) {
        calls.add("stream flags " + flags + " on " + current);
        stream.reinterpret(8).set(JAVA_LONG, 0, SIDE);
        return 0;
    }

    private static String name(long stream) {
        return stream == SIDE ? "copies" : stream == COMPUTE + 1 ? "operations" : "?";
    }

    int cudaStreamSynchronize(long stream) {
        calls.add("await " + name(stream));
        return copyError;
    }

    int cudaStreamDestroy(long stream) {
        calls.add("destroy " + name(stream));
        return 0;
    }

    int cudaStreamWaitEvent(long stream, long event, int flags) {
        calls.add(name(stream) + " wait for " + event + " flags " + flags + " on " + current);
        return 0;
    }

    int cudaEventCreateWithFlags(MemorySegment event, int flags) {
        calls.add("event flags " + flags + " on " + current);
        event.reinterpret(8).set(JAVA_LONG, 0, ++events);
        return 0;
    }

    int cudaEventRecord(long event, long stream) {
        calls.add("record " + event + " after " + name(stream) + " on " + current);
        return 0;
    }

    int cudaEventSynchronize(long event) {
        calls.add("await " + event);
        return 0;
    }

    int cudaEventDestroy(long event) {
        calls.add("destroy " + event);
        return 0;
    }

    int cudaMemcpyAsync(MemorySegment to, MemorySegment from, long bytes, int kind, long stream) {
        calls.add("copy " + bytes + " kind " + kind + " with " + name(stream) + " on " + current);
        if (copyError == 0) {
            to.reinterpret(bytes).copyFrom(from.reinterpret(bytes));
        }
        return copyError;
    }

    MemorySegment cudaGetErrorString(int error) {
        return arena.allocateFrom(error == 700 ? "an illegal memory access was encountered" : "?");
    }

    int cudaRuntimeGetVersion(MemorySegment version) {
        version.reinterpret(4).set(JAVA_INT, 0, 12_080);
        return 0;
    }

    int cudaDriverGetVersion(MemorySegment version) {
        version.reinterpret(4).set(JAVA_INT, 0, driver);
        return 0;
    }

    int cudaGetDeviceCount(MemorySegment count) {
        return driver == 0 ? 700 : 0;
    }

    long cudnnGetVersion() {
        return 90_701;
    }

    @Test
    void theVersionsOfTheLibrariesAreThoseOfTheirNumbers() throws Exception {
        assertThat(cuda.libraries()).isEqualTo(
                new GpuLibraries(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
        define("cudaRuntimeGetVersion", JAVA_INT, ADDRESS);
        define("cudaDriverGetVersion", JAVA_INT, ADDRESS);
        define("cudaGetDeviceCount", JAVA_INT, ADDRESS);
        define("cudnnGetVersion", JAVA_LONG);
        Cuda all = new Cuda(new Symbols(name -> Optional.ofNullable(symbols.get(name)), "the runtime of this test"));
        assertThat(all.libraries()).isEqualTo(new GpuLibraries(Optional.of("12.8"), Optional.empty(),
                Optional.of("9.7.1"),
                Optional.of("an illegal memory access was encountered")));
        driver = 13_010;
        assertThat(all.libraries()).isEqualTo(new GpuLibraries(Optional.of("12.8"), Optional.of("13.1"),
                Optional.of("9.7.1"), Optional.empty()));
        assertThat(Cuda.cudnnVersion(8907)).isEqualTo("8.9.7");
    }

    @Test
    void theRealRuntimeIsAskedWhereThereIsOne() {
        SymbolLookup runtime = cudart().orElse(null);
        assumeTrue(runtime != null, "there is no libcudart");
        SymbolLookup both = runtime.or(name -> Optional.ofNullable(symbols.get(name)));
        Cuda real = new Cuda(new Symbols(both, "the runtime of this machine"));
        GpuLibraries found = real.libraries();
        assertThat(found.cuda().orElseThrow()).matches("\\d+\\.\\d+");
        // Without a GPU it says why, and refuses all else with a number, not with an exception of C++.
        assumeTrue(found.problem().isPresent(), "there is a GPU");
        String why = found.problem().get();
        assertThat(why).isNotBlank();
        assertThatThrownBy(() -> real.allocateHost(64)).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("cudaHostAlloc of 64 bytes gives CUDA's error ").hasMessageEndingWith(why);
        assertThatThrownBy(real::createStream).hasMessageStartingWith("cudaStreamCreateWithFlags gives CUDA's error ");
        assertThatThrownBy(real::createEvent).hasMessageStartingWith("cudaEventCreateWithFlags gives CUDA's error ");
    }

    /** CUDA's runtime, if the machine has one. */
    private static Optional<SymbolLookup> cudart() {
        try {
            return Optional.of(SymbolLookup.libraryLookup(System.mapLibraryName("cudart"), Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private CudaCopies copies() {
        return new CudaCopies(cuda, tensors, Device.cpu(), 1);
    }

    @Test
    void aBatchGoesToTheDeviceInTheOrderOfItsMarks() {
        NDArray target = manager.zeros(new Shape(2, 3));
        try (CudaCopies copies = copies()) {
            MemorySegment memory = copies.allocate(24);
            Mark used = copies.mark();
            Mark there = copies.mark();
            for (int i = 0; i < 6; i++) {
                memory.setAtIndex(JAVA_FLOAT, i, i);
            }
            used.holdsCopies();
            copies.copy(memory.asSlice(0, 12), target);
            there.copies();
            there.holdsOperations();
            used.operations();
            there.await();
        }
        assertThat(target.toFloatArray()).containsExactly(0, 1, 2, 0, 0, 0);
        assertThat(calls).containsExactly("stream flags 1 on 1", "allocate 24 flags 0 on 1", "event flags 3 on 1",
                "event flags 3 on 1", "copies wait for 1 flags 0 on 1", "copy 12 kind 1 with copies on 1",
                "record 2 after copies on 1", "operations wait for 2 flags 0 on 1", "record 1 after operations on 1",
                "await 2", "await copies", "destroy 1", "destroy 2", "destroy copies", "free");
        assertThat(current).as("the thread's device is left as it was").isZero();
    }

    @Test
    void whatCudaRefusesIsSaidInItsWords() {
        try (CudaCopies copies = copies()) {
            MemorySegment memory = copies.allocate(4);
            copyError = 700;
            assertThatThrownBy(() -> copies.copy(memory, manager.zeros(new Shape(1))))
                    .isInstanceOf(IllegalStateException.class).hasMessage(
                            "cudaMemcpyAsync of 4 bytes gives CUDA's error 700: an illegal memory access was "
                            + "encountered");
            assertThat(current).isZero();
        }
    }

    @Test
    void afterAnErrorOfTheDeviceTheEndIsNoSecondOne() {
        CudaCopies copies = copies();
        MemorySegment memory = copies.allocate(4);
        copyError = 700;
        copies.close();
        assertThat(calls).endsWith("await copies");
        assertThatThrownBy(() -> memory.get(JAVA_FLOAT, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(copies::mark).hasMessageContaining("is closed");
    }

    @Test
    void argumentsAreCheckedBeforeTheDeviceSeesThem() {
        CudaCopies copies = copies();
        MemorySegment memory = copies.allocate(64);
        calls.clear();
        NDArray target = manager.zeros(new Shape(2, 3));
        assertThatThrownBy(() -> copies.allocate(0)).hasMessageContaining("0 bytes");
        assertThatThrownBy(() -> copies.copy(arena.allocate(8), target)).hasMessageContaining("page-locked");
        assertThatThrownBy(() -> copies.copy(memory.asSlice(8, 8), target)).hasMessageContaining("page-locked");
        assertThatThrownBy(() -> copies.copy(memory, target)).hasMessageContaining("24 bytes, expected")
                .hasMessageContaining("of 64 at least");
        assertThatThrownBy(() -> copies.copy(memory.asSlice(0, 8), target.transpose()))
                .hasMessageContaining("contiguous");
        CudaCopies elsewhere = new CudaCopies(cuda, tensors, Device.gpu(1), 1);
        MemorySegment other = elsewhere.allocate(8);
        assertThatThrownBy(() -> elsewhere.copy(other, target)).hasMessageContaining("on cpu(), expected gpu(1)");
        assertThat(calls).noneMatch(c -> c.startsWith("copy"));
        copies.close();
        copies.close();
        assertThatThrownBy(() -> copies.allocate(8)).hasMessageContaining("is closed");
        assertThatThrownBy(() -> memory.get(JAVA_FLOAT, 0)).isInstanceOf(IllegalStateException.class);
        elsewhere.close();
    }
}
