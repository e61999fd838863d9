// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Encodes TensorBoard's events, message {@code tensorflow.Event}. A summary event is begun, filled with values and
 * ended; the other kinds are made by one call. What was made last is in {@link #buffer()} from {@link #RESERVED} on.
 *
 * <p>Scalars, pictures and histograms are written in the classic form (simple_value, image, histo) and not as tensors:
 * TensorBoard 2 turns them into tensors when it reads them, and everything else that reads event files knows only them.
 *
 * <p>Source: TensorFlow 2.18, {@code event.proto}, {@code summary.proto}, {@code histogram.proto},
 * {@code tensor.proto}.
 */
final class Events {
    /** Bytes left free before each event, for the head of its record. */
    static final int RESERVED = 12;

    private static final String VERSION = "brain.Event:2";

    // Event
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int SOURCE_METADATA = 10;
    // SourceMetadata
    private static final int WRITER = 1;
    // SessionLog
    private static final int STATUS = 1;
    private static final int START = 1;
    // Summary
    private static final int VALUE = 1;
    // Summary.Value
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final int IMAGE = 4;
    private static final int HISTO = 5;
    private static final int TENSOR = 8;
    private static final int METADATA = 9;
    // Summary.Image
    private static final int HEIGHT = 1;
    private static final int WIDTH = 2;
    private static final int COLORSPACE = 3;
    private static final int ENCODED_IMAGE_STRING = 4;
    // TensorProto
    private static final int DTYPE = 1;
    private static final int DT_STRING = 7;
    private static final int TENSOR_SHAPE = 2;
    private static final int STRING_VAL = 8;
    // SummaryMetadata
    private static final int PLUGIN_DATA = 1;
    private static final int PLUGIN_NAME = 1;
    private static final int DATA_CLASS = 4;
    private static final int DATA_CLASS_TENSOR = 2;

    private final ProtoBuffer buffer = new ProtoBuffer();
    private final Histogram histogram = new Histogram();

    /** {@return the last event} */
    ProtoBuffer buffer() {
        return buffer;
    }

    private void start(double wallTime, long step) {
        buffer.reset(RESERVED);
        buffer.real(WALL_TIME, wallTime);
        buffer.integer(STEP, step);
    }

    /**
     * Makes the first event of a file.
     *
     * @param wallTime seconds since 1970
     * @param writer who writes the file
     */
    void fileVersion(double wallTime, String writer) {
        start(wallTime, 0);
        buffer.text(FILE_VERSION, VERSION);
        buffer.begin(SOURCE_METADATA);
        buffer.text(WRITER, writer);
        buffer.end();
    }

    /**
     * Makes the event that says that a run goes on: TensorBoard then drops what earlier files have from this step on.
     *
     * @param wallTime seconds since 1970
     * @param step the first iteration that is written again
     */
    void sessionStart(double wallTime, long step) {
        start(wallTime, step);
        buffer.begin(SESSION_LOG);
        buffer.integer(STATUS, START);
        buffer.end();
    }

    /**
     * Begins a summary.
     *
     * @param wallTime seconds since 1970
     * @param step the iteration
     */
    void beginSummary(double wallTime, long step) {
        start(wallTime, step);
        buffer.begin(SUMMARY);
    }

    /** Ends a summary. */
    void endSummary() {
        buffer.end();
    }

    /**
     * Adds a scalar to the summary.
     *
     * @param tag its name
     * @param value its value
     */
    void scalar(String tag, float value) {
        beginValue(tag);
        buffer.realEvenZero(SIMPLE_VALUE, value);
        buffer.end();
    }

    /**
     * Adds a picture to the summary.
     *
     * @param tag its name
     * @param png the bytes of a PNG file
     * @return false, and nothing is added, if that is no PNG file
     */
    boolean image(String tag, byte[] png) {
        Optional<Png> head = Png.of(png);
        head.ifPresent(h -> {
            beginValue(tag);
            buffer.begin(IMAGE);
            buffer.integer(HEIGHT, h.height());
            buffer.integer(WIDTH, h.width());
            buffer.integer(COLORSPACE, h.channels());
            buffer.bytesEvenEmpty(ENCODED_IMAGE_STRING, png);
            buffer.end();
            buffer.end();
        });
        return head.isPresent();
    }

    /**
     * Adds a histogram to the summary; nothing is added if no value is finite.
     *
     * @param tag its name
     * @param values what to count
     * @return how many of the values are finite
     */
    int histogram(String tag, float[] values) {
        int counted = histogram.count(values);
        if (counted > 0) {
            beginValue(tag);
            buffer.begin(HISTO);
            histogram.encode(buffer);
            buffer.end();
            buffer.end();
        }
        return counted;
    }

    /**
     * Adds text to the summary.
     *
     * @param tag its name
     * @param markdown the text
     */
    void text(String tag, String markdown) {
        beginValue(tag);
        buffer.begin(TENSOR);
        buffer.integer(DTYPE, DT_STRING);
        // A shape without dimensions: TensorBoard makes a table of anything else.
        buffer.begin(TENSOR_SHAPE);
        buffer.end();
        buffer.bytesEvenEmpty(STRING_VAL, markdown.getBytes(StandardCharsets.UTF_8));
        buffer.end();
        buffer.begin(METADATA);
        buffer.begin(PLUGIN_DATA);
        buffer.text(PLUGIN_NAME, "text");
        buffer.end();
        buffer.integer(DATA_CLASS, DATA_CLASS_TENSOR);
        buffer.end();
        buffer.end();
    }

    private void beginValue(String tag) {
        buffer.begin(VALUE);
        buffer.text(TAG, tag);
    }
}
