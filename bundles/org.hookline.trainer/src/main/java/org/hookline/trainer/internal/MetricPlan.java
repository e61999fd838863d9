// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Options;

/**
 * A metric that evaluations compute.
 *
 * @param name its type in the run file
 * @param provider makes it anew for each pass
 * @param options its checked options
 */
record MetricPlan(String name, MetricProvider provider, Options options) {}
