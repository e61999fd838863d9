// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * The level of a hook component: service property {@code level}. Configuration overrides it.
 *
 * @see HookLevel
 */
@ComponentPropertyType
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Level {
    /** {@return a name of {@link HookLevel} in any case, or any integer as text} */
    String value() default "NORMAL";
}
