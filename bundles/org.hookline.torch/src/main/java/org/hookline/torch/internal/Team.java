// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles.Lookup;
import java.util.Optional;

/**
 * The threads of libtorch's OpenMP, for work of our own: they wait for work awake, so that none has to be woken for it,
 * and no others want the same cores. Through the functions that compilers call: GNU's {@code GOMP_parallel}, which the
 * other implementations have too.
 */
final class Team {
    /** {@code void f(long data)}: the work of one thread. */
    private static final FunctionDescriptor WORK = FunctionDescriptor.ofVoid(JAVA_LONG);

    private final MemorySegment parallel;
    private final MemorySegment maxThreads;
    private final MemorySegment inParallel;
    private final MemorySegment number;
    private final MemorySegment size;

    private Team(Symbols symbols) {
        parallel = symbols.find("GOMP_parallel");
        maxThreads = symbols.find("omp_get_max_threads");
        inParallel = symbols.find("omp_in_parallel");
        number = symbols.find("omp_get_thread_num");
        size = symbols.find("omp_get_num_threads");
    }

    /**
     * Looks OpenMP's functions up.
     *
     * @param symbols of libtorch, through which they are found
     * @return the team; empty where libtorch has other threads
     */
    static Optional<Team> of(Symbols symbols) {
        Team team = new Team(symbols);
        return team.parallel == null || team.maxThreads == null || team.inParallel == null || team.number == null
                || team.size == null ? Optional.empty() : Optional.of(team);
    }

    /**
     * {@return how many threads the calling one may have work done by: one where it works for a team itself, otherwise
     * what {@link org.hookline.torch.Torch#setThreads} was given on it}
     */
    int threads() {
        return ask(inParallel) != 0 ? 1 : ask(maxThreads);
    }

    /**
     * Makes a function of a method.
     *
     * @param lookup that sees it
     * @param object whose method it is: takes a long, throws nothing, whatever happens
     * @param method its name
     * @param life of the function
     * @return the function, for {@link #run}
     */
    static MemorySegment work(Lookup lookup, Object object, String method, Arena life) {
        try {
            MethodHandle handle = lookup.bind(object, method, WORK.toMethodType());
            return Linker.nativeLinker().upcallStub(handle, WORK, life);
        } catch (ReflectiveOperationException e) {
            throw Call.impossible(e);
        }
    }

    /**
     * Calls a function on several threads, of which the calling one is the first, and waits for all.
     *
     * @param work the function
     * @param data its argument
     * @param threads at most so many; it may be called by fewer, {@link #size} says by how many
     */
    void run(MemorySegment work, long data, int threads) {
        try {
            Call.PARALLEL.invokeExact(parallel, work.address(), data, threads, 0);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return the number of the calling thread in its team, from 0} */
    int number() {
        return ask(number);
    }

    /** {@return how many threads the team of the calling thread has} */
    int size() {
        return ask(size);
    }

    private static int ask(MemorySegment function) {
        try {
            return (int) Call.LOOK_OF_NONE.invokeExact(function);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
