// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.hookline.torch.Torch.Feature;
import org.hookline.torch.Torch.WarningScope;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes libtorch's warnings of one thread, which would go to standard error. libtorch lets each thread set a handler, a
 * C++ object with a virtual method; here it is an object of ours with a table of virtual methods of ours. What other
 * threads and libraries print stays where it belongs, which redirecting standard error could not promise. Backward
 * passes on other threads hand their warnings to the thread that waits for them.
 */
final class Warnings implements WarningScope {
    private static final Logger LOG = LoggerFactory.getLogger(Warnings.class);
    private static final ThreadLocal<Warnings> CURRENT = new ThreadLocal<>();

    /** The native functions. */
    static final class Functions {
        private final MemorySegment get;
        private final MemorySegment set;
        private final MemorySegment message;

        Functions(Symbols symbols) {
            Feature user = Feature.WARNINGS;
            get = symbols.find("_ZN3c1012WarningUtils19get_warning_handlerEv", user);
            set = symbols.find("_ZN3c1012WarningUtils19set_warning_handlerEPNS_14WarningHandlerE", user);
            message = symbols.find("_ZNK3c107Warning3msgB5cxx11Ev", user);
        }

        private static final class Handler {
            /** For all threads and for ever, as libtorch may hold on to it. */
            static final long ADDRESS = make();

            /**
             * As the Itanium C++ ABI, which all platforms but Windows follow, lays out an object without fields: a
             * pointer behind the two head words of the table, in which two destructors, never called, come before the
             * method.
             */
            private static long make() {
                try {
                    MethodHandles.Lookup lookup = MethodHandles.lookup();
                    Arena arena = Arena.global();
                    MemorySegment destroy = Linker.nativeLinker().upcallStub(
                            lookup.findStatic(Warnings.class, "destroyed", MethodType.methodType(void.class,
                                    long.class)),
                            FunctionDescriptor.ofVoid(JAVA_LONG), arena);
                    MemorySegment process = Linker.nativeLinker().upcallStub(
                            lookup.findStatic(Warnings.class, "warned",
                                    MethodType.methodType(void.class, long.class, long.class)),
                            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG), arena);
                    MemorySegment table = arena.allocate(40, 8);
                    table.setAtIndex(JAVA_LONG, 2, destroy.address());
                    table.setAtIndex(JAVA_LONG, 3, destroy.address());
                    table.setAtIndex(JAVA_LONG, 4, process.address());
                    MemorySegment object = arena.allocate(8, 8);
                    object.set(JAVA_LONG, 0, table.address() + 16);
                    return object.address();
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private final Functions functions;
    private final Consumer<String> receiver;
    private final Thread thread = Thread.currentThread();
    private final Warnings outer = CURRENT.get();
    private final long before;
    private boolean closed;

    Warnings(Functions functions, Consumer<String> receiver) {
        this.functions = functions;
        this.receiver = receiver;
        try {
            before = (long) Call.LONG_OF_NONE.invokeExact(functions.get);
            Call.VOID_OF_1.invokeExact(functions.set, Functions.Handler.ADDRESS);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
        CURRENT.set(this);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (Thread.currentThread() != thread || CURRENT.get() != this) {
            throw new IllegalStateException("warnings of " + thread.getName() + " are given back on "
                    + Thread.currentThread().getName()
                    + " or not in turn, expected the scope that was opened last there");
        }
        closed = true;
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
        try {
            Call.VOID_OF_1.invokeExact(functions.set, before);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** Called by libtorch; a Java exception must not get out, it would end the process. */
    private static void warned(long handler, long warning) {
        try {
            Warnings current = CURRENT.get();
            if (current == null) {
                LOG.warn("libtorch warned on a thread without a receiver");
                return;
            }
            // A std::string: where the characters are, and how many.
            long string = (long) Call.LONG_OF_1.invokeExact(current.functions.message, warning);
            long characters = Call.MEMORY.get(JAVA_LONG, string);
            long length = Call.MEMORY.get(JAVA_LONG, string + 8);
            byte[] bytes = Call.MEMORY.asSlice(characters, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            current.receiver.accept(new String(bytes, StandardCharsets.UTF_8));
        } catch (Throwable e) {
            LOG.error("a warning of libtorch was lost", e);
        }
    }

    private static void destroyed(long handler) {
        LOG.debug("libtorch destroys a handler that is not its own");
    }
}
