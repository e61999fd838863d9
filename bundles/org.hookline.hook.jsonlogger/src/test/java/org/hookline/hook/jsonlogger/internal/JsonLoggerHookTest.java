// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.jsonlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.testkit.LogFile;
import org.hookline.testkit.LogRecords;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLoggerHookTest {
    private static final List<LogRecord> WHOLE = LogRecords.ofRun();

    @TempDir
    Path folder;

    private Path file;
    private LogFile log;

    @BeforeEach
    void describe() {
        file = folder.resolve("training_status.jsonl");
        log = new LogFile(file, () -> new JsonLoggerHook(""));
    }

    @Test
    void aRecordIsALineWithItsPlaceAndItsSmoothedScalars() throws IOException {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss", 0.25);
        scalars.put("lr", 1.0e-4);
        log.write(List.of(LogRecords.of(Kind.TRAINING, 110, "", scalars),
                LogRecords.of(Kind.EVALUATION, 200, "test", Map.of("test/accuracy", 0.5)), LogRecords.end(200)));

        assertThat(file).hasContent("""
                {"kind":"training","epoch":1,"iteration":110,"inner_iteration":10,"elapsed":1.358,\
                "loss":0.25,"lr":1.0E-4}
                {"kind":"evaluation","split":"test","epoch":1,"iteration":200,"inner_iteration":100,"elapsed":2.469,\
                "test/accuracy":0.5}
                {"kind":"end","epoch":1,"iteration":200,"inner_iteration":100,"elapsed":2.469}
                """);
    }

    @Test
    void valuesThatAreNotFiniteAreNull() throws IOException {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("a", Double.NaN);
        scalars.put("b", Double.POSITIVE_INFINITY);
        scalars.put("c", Double.NEGATIVE_INFINITY);
        scalars.put("d", -0.0);
        log.write(List.of(LogRecords.of(Kind.TRAINING, 1, "", scalars)));

        assertThat(Files.readString(file)).contains("\"a\":null,\"b\":null,\"c\":null,\"d\":-0.0}");
    }

    @Test
    void aScalarNamedLikeAFieldDoesNotHideIt() throws IOException {
        log.write(List.of(LogRecords.of(Kind.TRAINING, 7, "", Map.of("epoch", 0.5))));

        JsonObject line = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        assertThat(line.get("epoch").getAsInt()).isZero();
        assertThat(line.get("scalar/epoch").getAsDouble()).isEqualTo(0.5);
    }

    @Test
    void namesAreEscapedAndTheLocaleDoesNotMatter() throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr-TR"));
            log.write(List.of(LogRecords.of(Kind.TRAINING, 1, "", Map.of("Größe\n\"x\"", 1234567.5))));
        } finally {
            Locale.setDefault(before);
        }

        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(1);
        JsonObject line = JsonParser.parseString(lines.getFirst()).getAsJsonObject();
        assertThat(line.get("kind").getAsString()).isEqualTo("training");
        assertThat(line.get("Größe\n\"x\"").getAsDouble()).isEqualTo(1234567.5);
    }

    @Test
    void eachRecordIsInTheFileAtOnce() throws IOException {
        JsonLoggerHook hook = new JsonLoggerHook("logs/status.jsonl");
        hook.open(LogRecords.run(folder, Instant.EPOCH));
        for (int i = 1; i <= 3; i++) {
            hook.write(LogRecords.training(i));
            assertThat(Files.readAllLines(folder.resolve("logs/status.jsonl"))).hasSize(i);
        }
        hook.close();
    }

    @Test
    void aRunThatWasStoppedAndResumedLeavesTheFileOfOneThatWasNot() throws IOException {
        byte[] whole = log.ofWholeRun();
        // Stopped after 20 with its own end, and went on from there.
        log.write(List.of(WHOLE.get(0), WHOLE.get(1), WHOLE.get(2), WHOLE.get(3), WHOLE.get(4), WHOLE.get(5),
                LogRecords.end(20)));
        log.write(WHOLE.subList(6, 10));
        assertThat(file).hasBinaryContent(whole);
    }

    @Test
    void whatARunThatIsResumedNeverHadIsTakenOut() throws IOException {
        byte[] whole = log.ofWholeRun();
        // Stopped at 12, or killed in the iteration after that evaluation, with the last checkpoint of 12 or of 10.
        for (boolean stopped : new boolean[] {true, false}) {
            for (long checkpoint : new long[] {10, 12}) {
                Files.deleteIfExists(file);
                log.write(WHOLE.subList(0, 3));
                log.write(List.of(LogRecords.evaluation(12, "test")));
                if (stopped) {
                    log.write(List.of(LogRecords.end(12)));
                }
                log.resume(3, checkpoint);
                assertThat(file).hasBinaryContent(whole);
            }
        }
    }

    @Test
    void theRecordsOfTheIterationOfTheCheckpointAreThereOnceAlsoWhereACrashLostThem() throws IOException {
        byte[] whole = log.ofWholeRun();
        for (int written = 1; written <= WHOLE.size(); written++) {
            Files.deleteIfExists(file);
            log.write(WHOLE.subList(0, written));
            log.resume(3, 10);
            assertThat(file).as("written %d", written).hasBinaryContent(whole);
        }
    }

    @Test
    void aNewFolderBeginsWithWhatTheRunItselfWrites() throws IOException {
        log.resume(3, 10);
        assertThat(Files.readAllLines(file)).hasSize(7).first().asString().contains("\"iteration\":15,");
    }

    @Test
    void whatTheResumedRunRepeatsIsNotThereTwice() throws IOException {
        byte[] whole = log.ofWholeRun();
        for (int written = 0; written <= WHOLE.size(); written++) {
            for (int from = 0; from <= Math.min(written, WHOLE.size() - 1); from++) {
                Files.deleteIfExists(file);
                log.write(WHOLE.subList(0, written));
                log.write(WHOLE.subList(from, WHOLE.size()));
                assertThat(Files.readString(file))
                        .as("written %d, resumed from %d", written, from)
                        .isEqualTo(new String(whole, StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void aWriterThatIsReplacedBetweenTwoRecordsOfOneIterationLosesNone() throws IOException {
        log.write(List.of(LogRecords.training(10)));
        log.write(List.of(LogRecords.evaluation(10, "test")));
        log.write(List.of(LogRecords.evaluation(10, "train")));

        assertThat(Files.readAllLines(file)).hasSize(3);
    }

    @Test
    void aLineTornByACrashAtAnyByteIsRepaired() throws IOException {
        byte[] whole = log.ofWholeRun();
        for (int length = 0; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            int complete = 0;
            for (int i = 0; i < length; i++) {
                complete += whole[i] == '\n' ? 1 : 0;
            }
            // A line that lacks nothing but its end is whole.
            int next = Math.min(complete + (length > 0 && whole[length - 1] == '}' ? 1 : 0), WHOLE.size() - 1);
            log.write(WHOLE.subList(next, WHOLE.size()));
            assertThat(Files.readString(file))
                    .as("torn at %d", length)
                    .isEqualTo(new String(whole, StandardCharsets.UTF_8));
        }
    }

    @Test
    void zerosThatAFileSystemLeavesAfterAPowerFailureAreCutOff() throws IOException {
        log.write(WHOLE.subList(0, 3));
        byte[] good = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(good, good.length + 4096));
        log.write(WHOLE.subList(3, 10));
        assertThat(Files.readAllLines(file)).hasSize(10).allMatch(l -> l.startsWith("{"));

        Files.write(file, new byte[100]);
        log.write(WHOLE);
        assertThat(Files.readAllLines(file)).hasSize(10);
    }

    @Test
    void aFileOfSomebodyElseIsRefusedAndLeftAsItIs() throws IOException {
        byte[] other = "name: digits\nseed: 42\n".getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("run.yaml"), other);
        JsonLoggerHook hook = new JsonLoggerHook("run.yaml");
        hook.open(LogRecords.run(folder, Instant.EPOCH));

        assertThatThrownBy(() -> hook.write(LogRecords.training(5)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("run.yaml holds something else than training status");
        hook.close();
        assertThat(folder.resolve("run.yaml")).hasBinaryContent(other);
    }

    @Test
    void damageNeverMakesADuplicateOrAFailureThatChangesTheFile() throws IOException {
        byte[] whole = log.ofWholeRun();
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int n = 1 + random.nextInt(8); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            damaged = Arrays.copyOf(damaged, 1 + random.nextInt(damaged.length));
            Files.write(file, damaged);
            try {
                log.write(WHOLE.subList(3, 10));
            } catch (IOException refused) {
                assertThat(file).hasBinaryContent(damaged);
                continue;
            }
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            assertThat(lines.subList(lines.size() - 7, lines.size()))
                    .isEqualTo(new String(whole, StandardCharsets.UTF_8).lines().toList().subList(3, 10));
            assertThat(lines.subList(0, lines.size() - 7).stream().filter(JsonLoggerHookTest::isAt15OrLater)).isEmpty();
        }
    }

    private static boolean isAt15OrLater(String line) {
        return JsonLine.mark(line).filter(m -> m.iteration() >= 15).isPresent();
    }

    @Test
    void aWriterThatIsNotOpenSaysSo() {
        assertThatThrownBy(() -> new JsonLoggerHook("x.jsonl").write(LogRecords.training(1)))
                .isInstanceOf(IOException.class)
                .hasMessage("x.jsonl is not open");
    }

    @Test
    void everyLineIsStrictJson() throws IOException {
        log.write(WHOLE);
        for (String line : Files.readAllLines(file)) {
            JsonElement json = JsonParser.parseString(line);
            assertThat(json.getAsJsonObject().keySet()).contains("kind", "epoch", "iteration", "elapsed");
        }
    }
}
