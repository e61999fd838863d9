// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * What is varied in training pictures. Every choice is a function of the sample's random number alone.
 *
 * @param flip whether half of them are mirrored left to right
 * @param crop whether a part is taken at a random place, eight ninths of each side
 */
record Augmentation(boolean flip, boolean crop) {
    private static final List<String> KINDS = List.of("none", "flip", "crop");

    static Augmentation of(String owner, List<String> kinds) {
        for (String kind : kinds) {
            if (!KINDS.contains(kind)) {
                throw new UserError(owner + ": option 'augment' has '" + kind + "'" + Nearest.suggest(kind, KINDS));
            }
        }
        return new Augmentation(kinds.contains("flip"), kinds.contains("crop"));
    }

    /** The size in which a picture is kept, so that a part of the wanted size can be taken of it. */
    int kept(int size) {
        return crop ? size + Math.max(1, Math.round(size / 8f)) : size;
    }
}
