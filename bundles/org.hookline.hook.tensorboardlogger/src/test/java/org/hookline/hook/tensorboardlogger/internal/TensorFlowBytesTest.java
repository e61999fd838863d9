// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataClass;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.HistogramProto;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.SourceMetadata;
import org.tensorflow.proto.Summary;
import org.tensorflow.proto.SummaryMetadata;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/** What is written here is what TensorFlow writes, byte for byte. */
class TensorFlowBytesTest {
    private static final double WALL = 1795480292.475728;

    private final Events events = new Events();

    private static byte[] fromTensorFlow() throws IOException {
        try (InputStream in = TensorFlowBytesTest.class.getResourceAsStream("tensorflow-2.18.0.tfevents.base64")) {
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return Base64.getMimeDecoder().decode(
                    text.lines().filter(l -> !l.startsWith("#")).collect(Collectors.joining("\n")));
        }
    }

    private byte[] made() {
        return TfRecords.message(events.buffer());
    }

    @Test
    void theSameEventsGiveTheFileThatTensorFlowWrote(@TempDir Path folder) throws IOException {
        byte[] theirs = fromTensorFlow();
        TfRecords records = TfRecords.of(theirs);
        assertThat(records.messages()).hasSize(9);
        // The values that the file was made from.
        float[] weights = {0f, -0f, 1e-13f, 1e-12f, 1f, 1.1f, -1f, -2.5f, 3e20f, -3e38f, 0.5f, 0.5f, 100f, 1e-45f};
        try (EventFile file = EventFile.create(folder, 0)) {
            for (int i = 0; i < 9; i++) {
                Event event = Event.parseFrom(records.messages().get(i));
                double wall = event.getWallTime();
                if (i == 0) {
                    events.fileVersion(wall, "tensorflow.core.util.events_writer");
                } else {
                    events.beginSummary(wall, event.getStep());
                    switch (i) {
                        case 1 -> events.scalar("loss", 0.1f);
                        case 2 -> events.scalar("test/größe", Float.NaN);
                        case 3 -> events.scalar("zero", 0f);
                        case 4 -> events.histogram("weights", weights);
                        case 5 -> events.histogram("constant", new float[] {2f, 2f, 2f});
                        // The pixels went through TensorFlow's own PNG encoder.
                        case 6, 7 -> {
                            Summary.Value value = event.getSummary().getValue(0);
                            events.image(value.getTag(), value.getImage().getEncodedImageString().toByteArray());
                        }
                        default -> events.text("run_file", "    name: digits\n    größe: 1\n");
                    }
                    events.endSummary();
                }
                assertThat(made()).as("event %d", i).isEqualTo(records.messages().get(i));
                file.append(events.buffer());
            }
        }
        try (var files = Files.list(folder)) {
            assertThat(files.findFirst().orElseThrow()).hasBinaryContent(theirs);
        }
    }

    @Test
    void theFirstEventAndTheSessionStart() {
        events.fileVersion(WALL, "x");
        assertThat(made()).isEqualTo(Event.newBuilder().setWallTime(WALL).setFileVersion("brain.Event:2")
                .setSourceMetadata(SourceMetadata.newBuilder().setWriter("x")).build().toByteArray());

        events.sessionStart(WALL, 1 << 20);
        assertThat(made()).isEqualTo(Event.newBuilder().setWallTime(WALL).setStep(1 << 20)
                .setSessionLog(SessionLog.newBuilder().setStatus(SessionLog.SessionStatus.START)).build()
                .toByteArray());
    }

    @Test
    void scalarsOfAnyKind() {
        Random random = new Random(3);
        for (int round = 0; round < 300; round++) {
            long step = random.nextLong() >>> random.nextInt(64);
            Event.Builder theirs = Event.newBuilder().setWallTime(WALL).setStep(step);
            events.beginSummary(WALL, step);
            Summary.Builder summary = Summary.newBuilder();
            for (int n = random.nextInt(40); n > 0; n--) {
                String tag = random.ints(random.nextInt(200), 1, 0x3000).mapToObj(Character::toString)
                        .collect(Collectors.joining());
                float value = random.nextInt(10) == 0 ? 0f : Float.intBitsToFloat(random.nextInt());
                events.scalar(tag, value);
                summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue(value));
            }
            events.endSummary();
            assertThat(made()).isEqualTo(theirs.setSummary(summary).build().toByteArray());
        }
    }

    @Test
    void lengthsRoundTheBordersOfTheirEncoding() {
        for (int length : new int[] {0, 1, 100, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_370, 16_376,
                16_377,
                16_378, 16_379, 16_380, 16_381, 16_382, 16_383, 16_384, 16_385, 2_097_140, 2_097_152, 5_000_000}) {
            String text = "x".repeat(length);
            events.beginSummary(WALL, 7);
            events.text(text, text);
            events.endSummary();
            byte[] theirs = Event.newBuilder().setWallTime(WALL).setStep(7).setSummary(Summary.newBuilder()
                    .addValue(Summary.Value.newBuilder().setTag(text)
                            .setTensor(TensorProto.newBuilder().setDtype(DataType.DT_STRING)
                                    .setTensorShape(TensorShapeProto.getDefaultInstance())
                                    .addStringVal(ByteString.copyFromUtf8(text)))
                            .setMetadata(SummaryMetadata.newBuilder().setDataClass(DataClass.DATA_CLASS_TENSOR)
                                    .setPluginData(SummaryMetadata.PluginData.newBuilder().setPluginName("text")))))
                    .build().toByteArray();
            assertThat(made()).as("length %d", length).isEqualTo(theirs);
        }
    }

    @Test
    void aHistogramIsItsCountsBetweenTheLimitsOfItsBuckets() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            float[] values = new float[1 + random.nextInt(500)];
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (random.nextInt(4)) {
                    case 0 -> (float) random.nextGaussian();
                    case 1 -> 0f;
                    case 2 -> (float) (random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30));
                    default -> Float.intBitsToFloat(random.nextInt() & ~0x40000000);
                };
            }
            events.beginSummary(WALL, round);
            assertThat(events.histogram("h", values)).isEqualTo(values.length);
            events.endSummary();
            Event event = Event.parseFrom(made());
            assertThat(made()).as("the canonical bytes").isEqualTo(event.toByteArray());

            HistogramProto histogram = event.getSummary().getValue(0).getHisto();
            List<Double> limits = histogram.getBucketLimitList();
            assertThat(limits).isSorted().doesNotHaveDuplicates();
            double below = Double.NEGATIVE_INFINITY;
            double number = 0;
            for (int b = 0; b < limits.size(); b++) {
                double low = below;
                double limit = limits.get(b);
                long expected = 0;
                for (float v : values) {
                    expected += v >= low && v < limit ? 1 : 0;
                }
                assertThat(histogram.getBucket(b)).isEqualTo(expected);
                number += expected;
                below = limit;
            }
            assertThat(number).isEqualTo(values.length).isEqualTo(histogram.getNum());
        }
    }
}
