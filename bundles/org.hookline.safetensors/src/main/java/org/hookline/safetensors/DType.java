// SPDX-License-Identifier: Apache-2.0
package org.hookline.safetensors;

/** The types of values that the format knows, under the names that headers use. */
public enum DType {
    /** A truth value in one byte. */
    BOOL(8),
    /** 4-bit float of the OCP microscaling formats. */
    F4(4),
    /** 6-bit float, 2 bits of exponent. */
    F6_E2M3(6),
    /** 6-bit float, 3 bits of exponent. */
    F6_E3M2(6),
    /** Unsigned, 8 bits. */
    U8(8),
    /** Signed, 8 bits. */
    I8(8),
    /** 8-bit float, 5 bits of exponent. */
    F8_E5M2(8),
    /** 8-bit float, 4 bits of exponent. */
    F8_E4M3(8),
    /** 8 bits of exponent alone: a scale. */
    F8_E8M0(8),
    /** 8-bit float, 4 bits of exponent, no negative zero. */
    F8_E4M3FNUZ(8),
    /** 8-bit float, 5 bits of exponent, no negative zero. */
    F8_E5M2FNUZ(8),
    /** Signed, 16 bits. */
    I16(16),
    /** Unsigned, 16 bits. */
    U16(16),
    /** IEEE half precision. */
    F16(16),
    /** The upper half of an IEEE single. */
    BF16(16),
    /** Signed, 32 bits. */
    I32(32),
    /** Unsigned, 32 bits. */
    U32(32),
    /** IEEE single precision. */
    F32(32),
    /** Complex, two IEEE singles. */
    C64(64),
    /** IEEE double precision. */
    F64(64),
    /** Signed, 64 bits. */
    I64(64),
    /** Unsigned, 64 bits. */
    U64(64);

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** {@return the size of one value in bits} */
    public int bits() {
        return bits;
    }

    /**
     * Gives the size of a tensor.
     *
     * @param shape its dimensions, each at least 0
     * @return its size in bytes
     * @throws ArithmeticException if the size is 2<sup>60</sup> bytes or more, or no whole number of bytes
     */
    long byteSize(long[] shape) {
        long elements = 1;
        for (long n : shape) {
            elements = Math.multiplyExact(elements, n);
        }
        long size = Math.multiplyExact(elements, (long) bits);
        if (size % 8 != 0) {
            throw new ArithmeticException(size + " bits are no whole number of bytes");
        }
        return size / 8;
    }
}
