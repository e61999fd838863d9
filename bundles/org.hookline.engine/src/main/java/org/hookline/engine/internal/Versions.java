// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

/** Bundle versions: three numbers and a qualifier. */
final class Versions {
    private Versions() {}

    /** Compares two versions as OSGi does; what is missing counts as 0, and empty text as the lowest. */
    static int compare(String a, String b) {
        String[] left = a.split("\\.", 4);
        String[] right = b.split("\\.", 4);
        for (int i = 0; i < 3; i++) {
            int order = Long.compare(number(left, i), number(right, i));
            if (order != 0) {
                return order;
            }
        }
        return qualifier(left).compareTo(qualifier(right));
    }

    private static long number(String[] parts, int i) {
        try {
            return i < parts.length ? Long.parseLong(parts[i]) : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String qualifier(String[] parts) {
        return parts.length > 3 ? parts[3] : "";
    }
}
