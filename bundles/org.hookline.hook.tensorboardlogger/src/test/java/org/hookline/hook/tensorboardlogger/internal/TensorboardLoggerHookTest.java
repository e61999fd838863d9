// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.hookline.api.Progress;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.testkit.LogRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;

class TensorboardLoggerHookTest {
    private static final Instant NOW = Instant.parse("2026-11-24T01:02:03.5Z");

    @TempDir
    Path folder;

    private Instant started = NOW.minusSeconds(1);

    /** Opens it in a process of its own, where the run starts a second after the one before. */
    private TensorboardLoggerHook open() throws IOException {
        started = started.plusSeconds(1);
        return openAgain();
    }

    /** Opens it in a run that goes on. */
    private TensorboardLoggerHook openAgain() throws IOException {
        TensorboardLoggerHook hook = new TensorboardLoggerHook("", InstantSource.fixed(started));
        hook.open(LogRecords.run(folder, started));
        return hook;
    }

    private void write(LogRecord... entries) throws IOException {
        TensorboardLoggerHook hook = open();
        for (LogRecord entry : entries) {
            hook.write(entry);
        }
        hook.close();
    }

    /** The event files in the order in which TensorBoard reads them. */
    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("tensorboard"))) {
            return files.sorted().toList();
        }
    }

    private List<Event> events() throws IOException {
        List<Event> events = new ArrayList<>();
        for (Path file : files()) {
            events.addAll(TfRecords.events(file));
        }
        return events;
    }

    private static List<String> values(Event event) {
        return event.getSummary().getValueList().stream().map(v -> v.getTag() + "=" + v.getSimpleValue()).toList();
    }

    private static LogRecord with(Map<String, byte[]> images, Map<String, float[]> histograms) {
        return new LogRecord(Kind.TRAINING, Progress.Mode.BY_ITER, 0, 0, 50, 100, 50, 100, 1, 1, Optional.empty(),
                Map.of(), images, histograms);
    }

    private static byte[] png(int width, int height, int type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(width, height, type), "png", out);
        return out.toByteArray();
    }

    @Test
    void theFileHasTheNameThatTensorBoardLooksForAndStartsWithVersionAndRunFile() throws IOException {
        write();
        assertThat(files()).singleElement().satisfies(f -> assertThat(f.getFileName().toString())
                .matches("events\\.out\\.tfevents\\." + NOW.getEpochSecond() + "\\.[\\w-]+\\."
                        + ProcessHandle.current().pid() + "\\.0"));
        List<Event> events = events();
        assertThat(events).hasSize(2);
        assertThat(events.getFirst().getFileVersion()).isEqualTo("brain.Event:2");
        assertThat(events.getFirst().getWallTime()).isEqualTo(NOW.toEpochMilli() / 1000.0);
        Summary.Value text = events.getLast().getSummary().getValue(0);
        assertThat(text.getTag()).isEqualTo("run_file");
        assertThat(text.getMetadata().getPluginData().getPluginName()).isEqualTo("text");
        assertThat(text.getTensor().getStringVal(0).toStringUtf8()).isEqualTo("    name: digits\n");
    }

    @Test
    void aRecordIsOneEventOfItsSmoothedScalarsAtItsIteration() throws IOException {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss", 0.25);
        scalars.put("lr", 0.0);
        write(LogRecords.of(Kind.TRAINING, 110, "", scalars), LogRecords.of(Kind.EVALUATION, 200, "test",
                Map.of("test/accuracy", 0.5)));

        List<Event> events = events();
        assertThat(events).hasSize(4);
        assertThat(events.get(2).getStep()).isEqualTo(110);
        assertThat(values(events.get(2))).containsExactly("loss=0.25", "lr=0.0");
        assertThat(events.get(3).getStep()).isEqualTo(200);
        assertThat(values(events.get(3))).containsExactly("test/accuracy=0.5");
    }

    @Test
    void eachRecordIsInTheFileAtOnce() throws IOException {
        TensorboardLoggerHook hook = open();
        for (int i = 1; i <= 3; i++) {
            hook.write(LogRecords.training(i));
            assertThat(events()).hasSize(2 + i);
        }
        hook.close();
    }

    @Test
    void picturesAreTheirPngFilesWithTheirSizeAndChannels() throws IOException {
        Map<String, byte[]> images = new LinkedHashMap<>();
        images.put("rgb", png(7, 5, BufferedImage.TYPE_INT_RGB));
        images.put("rgba", png(3, 4, BufferedImage.TYPE_INT_ARGB));
        images.put("grey", png(300, 200, BufferedImage.TYPE_BYTE_GRAY));
        images.put("palette", png(8, 8, BufferedImage.TYPE_BYTE_INDEXED));
        images.put("none", new byte[] {1, 2, 3});
        images.put("cut", Arrays.copyOf(images.get("rgb"), 20));
        write(with(images, Map.of()));

        List<Summary.Value> values = events().getLast().getSummary().getValueList();
        assertThat(values).extracting(v -> v.getTag() + " " + v.getImage().getWidth() + "x" + v.getImage().getHeight()
                + " " + v.getImage().getColorspace())
                .containsExactly("rgb 7x5 3", "rgba 3x4 4", "grey 300x200 1", "palette 8x8 3");
        assertThat(values).allSatisfy(v -> assertThat(v.getImage().getEncodedImageString().toByteArray())
                .isEqualTo(images.get(v.getTag())));
    }

    @Test
    void valuesThatAreNotFiniteAreNotCountedInHistograms() throws IOException {
        Map<String, float[]> histograms = new LinkedHashMap<>();
        histograms.put("some", new float[] {1, Float.NaN, 2, Float.POSITIVE_INFINITY, 3});
        histograms.put("none", new float[] {Float.NaN});
        histograms.put("empty", new float[0]);
        write(with(Map.of(), histograms), with(Map.of(), Map.of("none", new float[] {Float.NaN})));

        List<Event> events = events();
        assertThat(events).hasSize(3);
        assertThat(events.getLast().getSummary().getValueList()).singleElement().satisfies(v -> {
            assertThat(v.getTag()).isEqualTo("some");
            assertThat(v.getHisto().getNum()).isEqualTo(3);
            assertThat(v.getHisto().getMin()).isEqualTo(1);
            assertThat(v.getHisto().getMax()).isEqualTo(3);
            assertThat(v.getHisto().getSum()).isEqualTo(6);
            assertThat(v.getHisto().getSumSquares()).isEqualTo(14);
        });
    }

    @Test
    void theEndRepeatsNothingAndAddsWhatIsNew() throws IOException {
        Map<String, LogRecord.Value> all = new LinkedHashMap<>();
        all.put("loss", new LogRecord.Value(0.25, 0.25, 0.25, 0.25, false));
        all.put("test/accuracy", new LogRecord.Value(0.5, 0.5, 0.5, 0.5, false));
        all.put("epoch_time", new LogRecord.Value(9, 9, 9, 9, true));
        LogRecord loss = LogRecords.of(Kind.TRAINING, 110, "", Map.of("loss", 0.25));
        write(loss, new LogRecord(Kind.END, Progress.Mode.BY_ITER, 0, 0, 120, 120, 20, 100, 1, 0, Optional.empty(), all,
                Map.of(), Map.of()));
        assertThat(values(events().getLast())).containsExactly("epoch_time=9.0");
    }

    @Test
    void aRunThatWasResumedReplacesWhatIsOfTheIterationOfItsCheckpointAndOfLaterOnes() throws IOException {
        write(LogRecords.training(10), LogRecords.training(12), LogRecords.evaluation(12, "test"), LogRecords.end(12));
        TensorboardLoggerHook hook = open();
        hook.resumed(12, List.of(LogRecords.training(12)));
        hook.write(LogRecords.training(20));
        hook.close();

        assertThat(starts(files().getFirst())).isEmpty();
        List<Event> second = TfRecords.events(files().getLast());
        assertThat(starts(files().getLast())).containsExactly(12L);
        assertThat(second.get(2).hasSessionLog()).as("before the first value").isTrue();
        assertThat(second.subList(3, second.size())).extracting(Event::getStep).containsExactly(12L, 20L);
    }

    @Test
    void aRunThatGoesOnInANewFolderReplacesNothing() throws IOException {
        TensorboardLoggerHook hook = open();
        hook.resumed(12, List.of(LogRecords.training(12)));
        hook.write(LogRecords.training(20));
        hook.close();
        assertThat(starts(files().getFirst())).isEmpty();
        assertThat(events().stream().skip(2)).extracting(Event::getStep).containsExactly(20L);
    }

    @Test
    void aRunThatGoesOnGetsANewFileBehindTheOthersThatSaysFromWhereOn() throws IOException {
        write(LogRecords.training(10), LogRecords.training(20));
        byte[] first = Files.readAllBytes(files().getFirst());
        write(LogRecords.evaluation(15, "test"), LogRecords.training(20));
        write();
        write(LogRecords.training(20));

        List<Path> files = files();
        assertThat(files).hasSize(4);
        assertThat(files.getFirst()).hasBinaryContent(first);
        assertThat(starts(files.get(0))).isEmpty();
        assertThat(starts(files.get(1))).containsExactly(15L);
        assertThat(starts(files.get(2))).isEmpty();
        assertThat(starts(files.get(3))).containsExactly(20L);
        assertThat(TfRecords.events(files.get(1)).get(2).hasSessionLog()).as("before the first value").isTrue();
    }

    @Test
    void aWriterThatIsMadeAnewInARunThatGoesOnReplacesNothing() throws IOException {
        write(LogRecords.training(10));
        TensorboardLoggerHook hook = openAgain();
        hook.write(LogRecords.evaluation(10, "test"));
        hook.close();

        assertThat(files()).hasSize(2);
        assertThat(starts(files().getLast())).isEmpty();
        assertThat(TfRecords.events(files().getLast()).getLast().getStep()).isEqualTo(10);
    }

    private static List<Long> starts(Path file) throws IOException {
        return TfRecords.events(file).stream()
                .filter(e -> e.hasSessionLog() && e.getSessionLog().getStatus() == SessionLog.SessionStatus.START)
                .map(Event::getStep)
                .toList();
    }

    @Test
    void aFileCutAnywhereGivesTheEventsThatAreWhole() throws IOException {
        write(LogRecords.training(10), LogRecords.evaluation(10, "test"), LogRecords.training(20));
        byte[] whole = Files.readAllBytes(files().getFirst());
        List<byte[]> messages = TfRecords.of(whole).messages();
        List<Integer> ends = new ArrayList<>(List.of(0));
        messages.forEach(m -> ends.add(ends.getLast() + m.length + 16));
        assertThat(ends.getLast()).isEqualTo(whole.length);
        for (int length = 0; length <= whole.length; length++) {
            int cut = length;
            TfRecords read = TfRecords.of(Arrays.copyOf(whole, length));
            int complete = (int) ends.stream().filter(e -> e <= cut).count() - 1;
            assertThat(read.messages()).usingRecursiveComparison().isEqualTo(messages.subList(0, complete));
            assertThat(read.torn()).isEqualTo(!ends.contains(length));
        }
    }

    @Test
    void anyBitThatIsFlippedIsNoticed() throws IOException {
        write(LogRecords.training(10), LogRecords.evaluation(10, "test"));
        byte[] whole = Files.readAllBytes(files().getFirst());
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> TfRecords.of(damaged)).as("bit %d", bit).hasMessageContaining("corrupt");
        }
    }

    @Test
    void damagedFilesOfEarlierSessionsAreLeftAloneAndDoNotMatter() throws IOException {
        write(LogRecords.training(10), LogRecords.training(20));
        byte[] whole = Files.readAllBytes(files().getFirst());
        Path old = files().getFirst();
        Random random = new Random(13);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
            for (int n = Math.min(5, damaged.length); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Files.write(old, damaged);
            write(LogRecords.training(30));
            assertThat(old).hasBinaryContent(damaged);
            Path fresh = files().getLast();
            assertThat(fresh).isNotEqualTo(old);
            assertThat(values(TfRecords.events(fresh).getLast())).containsExactly("loss=" + (float) (1 / 30.0));
            Files.delete(fresh);
        }
    }

    @Test
    void aWriterThatIsNotOpenSaysSo() {
        assertThatThrownBy(() -> new TensorboardLoggerHook("x", InstantSource.system()).write(LogRecords.training(1)))
                .isInstanceOf(IOException.class)
                .hasMessage("no event file is open in x");
    }
}
