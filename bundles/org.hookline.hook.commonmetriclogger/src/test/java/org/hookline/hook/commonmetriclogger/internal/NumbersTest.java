// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersTest {
    @Test
    void lossesAndScoresHaveFourDecimalsUnlessTheySayNothing() {
        assertThat(Numbers.value(0.97222)).isEqualTo("0.9722");
        assertThat(Numbers.value(0)).isEqualTo("0.0000");
        assertThat(Numbers.value(-12.5)).isEqualTo("-12.5000");
        assertThat(Numbers.value(0.00012341)).isEqualTo("1.234e-04");
        assertThat(Numbers.value(1_234_567)).isEqualTo("1.235e+06");
        assertThat(Numbers.value(Double.NaN)).isEqualTo("nan");
        assertThat(Numbers.value(Double.POSITIVE_INFINITY)).isEqualTo("inf");
        assertThat(Numbers.value(Double.NEGATIVE_INFINITY)).isEqualTo("-inf");
    }

    @Test
    void learningRatesAreShort() {
        assertThat(Numbers.rate(0.001)).isEqualTo("0.001");
        assertThat(Numbers.rate(0.1 * 0.1)).isEqualTo("0.01");
        assertThat(Numbers.rate(0.000998765)).isEqualTo("0.000999");
        assertThat(Numbers.rate(0.00099999)).isEqualTo("0.001");
        assertThat(Numbers.rate(2.5e-5)).isEqualTo("2.5e-05");
        assertThat(Numbers.rate(1e-5)).isEqualTo("1e-05");
        assertThat(Numbers.rate(1)).isEqualTo("1");
        assertThat(Numbers.rate(30)).isEqualTo("30");
        assertThat(Numbers.rate(12_345_678)).isEqualTo("1.23e+07");
        assertThat(Numbers.rate(0)).isEqualTo("0");
        assertThat(Numbers.rate(Double.NaN)).isEqualTo("nan");
    }

    @Test
    void ratesHaveAboutThreeDigits() {
        assertThat(Numbers.perSecond(10_312.4)).isEqualTo("10,312");
        assertThat(Numbers.perSecond(56.71)).isEqualTo("56.7");
        assertThat(Numbers.perSecond(1.249)).isEqualTo("1.25");
    }

    @Test
    void timesLeftReadLikeAClock() {
        assertThat(Numbers.clock(0.3)).isEqualTo("0:00");
        assertThat(Numbers.clock(7)).isEqualTo("0:07");
        assertThat(Numbers.clock(59.6)).isEqualTo("1:00");
        assertThat(Numbers.clock(754)).isEqualTo("12:34");
        assertThat(Numbers.clock(3599.6)).isEqualTo("1:00:00");
        assertThat(Numbers.clock(3723)).isEqualTo("1:02:03");
        assertThat(Numbers.clock(2 * 86_400 + 3 * 3600 + 4 * 60)).isEqualTo("2d 03:04");
        assertThat(Numbers.clock(Double.NaN)).isEqualTo("-:--");
        assertThat(Numbers.clock(Double.POSITIVE_INFINITY)).isEqualTo("-:--");
    }

    @Test
    void timesThatSomethingTookHaveThreeDigits() {
        assertThat(Numbers.took(0.351)).isEqualTo("0.35 s");
        assertThat(Numbers.took(12.34)).isEqualTo("12.3 s");
        assertThat(Numbers.took(9.996)).isEqualTo("10.0 s");
        assertThat(Numbers.took(59.96)).isEqualTo("1:00");
    }

    @Test
    void countersLineUp() {
        assertThat(Numbers.of(3, 20)).isEqualTo(" 3/20");
        assertThat(Numbers.of(1, 1000)).isEqualTo("    1/1,000");
        assertThat(Numbers.of(1000, 1000)).isEqualTo("1,000/1,000");
    }

    @Test
    void barsAreExactlyAsWideAsAskedAndFullOnlyAtTheEnd() {
        for (Bar bar : new Bar[] {Bar.UNICODE, Bar.ASCII}) {
            for (int columns = 3; columns < 40; columns++) {
                for (int i = 0; i <= 100; i++) {
                    assertThat(bar.draw(i / 100.0, columns)).hasSize(columns);
                }
                assertThat(bar.draw(0.999, columns)).isNotEqualTo(bar.draw(1, columns));
                assertThat(bar.draw(7, columns)).isEqualTo(bar.draw(1, columns));
                assertThat(bar.draw(Double.NaN, columns)).isEqualTo(bar.draw(0, columns));
            }
        }
        assertThat(Bar.UNICODE.draw(0.5, 5)).isEqualTo("██▌░░");
        assertThat(Bar.UNICODE.draw(0, 3)).isEqualTo("░░░");
        assertThat(Bar.ASCII.draw(0.5, 10)).isEqualTo("[####----]");
        assertThat(Bar.NONE.draw(0.5, 10)).isEmpty();
    }
}
