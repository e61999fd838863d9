// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import java.util.OptionalLong;

/** A kind of memory. */
interface MemorySource {
    /** {@return its name in metrics and limits, for example {@code heap}} */
    String name();

    /** {@return how many bytes are used now; empty where this machine does not tell} */
    OptionalLong used();
}
