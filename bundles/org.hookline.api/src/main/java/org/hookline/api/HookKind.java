// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * What a hook does to a run: service property {@code hook.kind}. A {@value #TRAINING} hook changes numbers, so its
 * failure aborts the run unless it says otherwise; an {@value #OBSERVER} only watches, so its failure takes out the
 * hook alone. A hook that does not say is an observer.
 */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface HookKind {
    /** The kind of a hook that changes weights, gradients, learning rate or the course of the run. */
    String TRAINING = "training";

    /** The kind of a hook that only watches. */
    String OBSERVER = "observer";

    /** {@return {@value #TRAINING} or {@value #OBSERVER}} */
    String value();
}
