// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.checkpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.hookline.hook.checkpoint.internal.Shelf.Entry;
import org.junit.jupiter.api.Test;

class ShelfTest {
    private static Entry entry(int iteration, double score) {
        return new Entry("i" + iteration, iteration, score, false);
    }

    private static List<String> gone(Shelf shelf) {
        return shelf.surplus().stream().map(Entry::name).toList();
    }

    @Test
    void withoutALimitAllStay() {
        Shelf shelf = new Shelf(0, 1, true);
        for (int i = 0; i < 10; i++) {
            shelf.add(entry(i, Double.NaN));
        }
        assertThat(gone(shelf)).isEmpty();
        assertThat(shelf.newest()).map(Entry::name).contains("i9");
        assertThat(shelf.top()).isEmpty();
    }

    @Test
    void theNewestStayAndTheBestAndThatOfTheEnd() {
        Shelf shelf = new Shelf(2, 1, true);
        shelf.add(entry(1, 0.9));
        shelf.add(entry(2, 0.5));
        shelf.add(entry(3, Double.NaN));
        assertThat(gone(shelf)).isEmpty();
        shelf.add(entry(4, 0.9));
        // Of equal scores the older one is the best.
        assertThat(shelf.top()).map(Entry::name).contains("i1");
        assertThat(gone(shelf)).containsExactly("i2");
        shelf.add(new Entry("end", 5, 0.95, true));
        assertThat(gone(shelf)).containsExactly("i1", "i3");
        assertThat(shelf.top()).map(Entry::name).contains("end");
        shelf.add(entry(6, 0.1));
        shelf.add(entry(7, 0.1));
        assertThat(gone(shelf)).containsExactly("i4");
        shelf.add(entry(8, 0.1));
        assertThat(gone(shelf)).containsExactly("i6");
    }

    @Test
    void aScoreIsAmongTheBestWhereItBeatsTheLastOfThem() {
        Shelf lower = new Shelf(1, 2, false);
        assertThat(lower.wouldBeBest(Double.NaN)).isFalse();
        assertThat(lower.wouldBeBest(3)).isTrue();
        lower.add(entry(1, 3));
        assertThat(lower.wouldBeBest(9)).isTrue();
        lower.add(entry(2, 2));
        assertThat(lower.wouldBeBest(3)).isFalse();
        assertThat(lower.wouldBeBest(2.9)).isTrue();
    }

    @Test
    void aCheckpointThatCouldNotBeWrittenIsNotTheBest() {
        Shelf shelf = new Shelf(1, 1, true);
        shelf.add(entry(1, 0.5));
        shelf.add(entry(2, 0.7));
        shelf.remove("i2");
        assertThat(shelf.top()).map(Entry::name).contains("i1");
    }

    @Test
    void itsStateComesBack() {
        Shelf shelf = new Shelf(1, 1, true);
        shelf.add(entry(1, 0.5));
        shelf.add(new Entry("end", 2, Double.NaN, true));
        assertThat(Shelf.read(shelf.save())).containsExactly(entry(1, 0.5), new Entry("end", 2, Double.NaN, true));
        assertThatThrownBy(() -> Shelf.read(List.of("x"))).isInstanceOf(IllegalArgumentException.class);
    }
}
