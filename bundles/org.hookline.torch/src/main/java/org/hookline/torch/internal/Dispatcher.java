// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.hookline.torch.Torch.Feature;

/**
 * Operations of libtorch by their names. The dispatcher gives an error code where the operation itself would throw, out
 * of memory for one; an exception of C++ would end the process.
 */
final class Dispatcher {
    private final MemorySegment function;
    private final MemorySegment noOverload = Arena.global().allocateFrom("");

    /**
     * Looks the dispatcher up.
     *
     * @param symbols of libtorch
     * @param users what cannot be done without it
     */
    Dispatcher(Symbols symbols, Feature... users) {
        function = symbols.find("aoti_torch_call_dispatcher", users);
    }

    /** {@return the name of an operation that has no overload, to call it with} */
    static MemorySegment operation(String name) {
        return Arena.global().allocateFrom(name);
    }

    /**
     * Calls an operation that gives one tensor.
     *
     * @param operation its name
     * @param stack the arguments, eight bytes each; handles of tensors are the dispatcher's from here on, and its first
     *     entry is changed
     * @return a handle of the result, which is the caller's; 0 where it failed
     */
    long call(MemorySegment operation, MemorySegment stack) {
        try {
            int code = (int) Call.DISPATCH.invokeExact(function, operation.address(), noOverload.address(),
                    stack.address());
            return code == 0 ? stack.getAtIndex(JAVA_LONG, 0) : 0;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** {@return what is thrown where a call failed} */
    static IllegalStateException failure(String what) {
        return new IllegalStateException(what + "; libtorch printed why to standard error");
    }
}
