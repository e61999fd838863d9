// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * The failure policy of a hook: service property {@code hook.onError}. One of {@code abort}, {@code quarantine} and
 * {@code retry N}. Without it the {@link HookKind} decides.
 */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface OnError {
    /** The prefix that makes this type the property {@code hook.onError}. */
    String PREFIX_ = "hook.";

    /** {@return the policy} */
    String onError();
}
