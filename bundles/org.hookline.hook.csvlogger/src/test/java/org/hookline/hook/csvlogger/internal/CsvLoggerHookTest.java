// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.testkit.LogFile;
import org.hookline.testkit.LogRecords;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvLoggerHookTest {
    private static final List<LogRecord> WHOLE = LogRecords.ofRun();

    @TempDir
    Path folder;

    private Path file;
    private LogFile log;

    @BeforeEach
    void describe() {
        file = folder.resolve("metrics.csv");
        log = new LogFile(file, () -> new CsvLoggerHook(""));
    }

    /** Reads the table with a library. */
    private List<Map<String, String>> rows() throws IOException {
        CSVFormat format = CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get();
        List<Map<String, String>> rows = new ArrayList<>();
        try (Reader in = Files.newBufferedReader(file); CSVParser parser = format.parse(in)) {
            for (CSVRecord row : parser) {
                assertThat(row.isConsistent()).as("row %d has as many fields as the header", row.getRecordNumber())
                        .isTrue();
                rows.add(row.toMap());
            }
        }
        return rows;
    }

    @Test
    void aRecordIsARowAndANewScalarAColumn() throws IOException {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss", 0.25);
        scalars.put("lr", 1.0e-4);
        log.write(List.of(LogRecords.of(Kind.TRAINING, 110, "", scalars),
                LogRecords.of(Kind.EVALUATION, 200, "test", Map.of("test/accuracy", 0.5)),
                LogRecords.of(Kind.TRAINING, 210, "", Map.of("loss", 0.125))));

        assertThat(file).hasContent("""
                kind,split,epoch,iteration,inner_iteration,elapsed,loss,lr,test/accuracy
                training,,1,110,10,1.358,0.25,1.0E-4,
                evaluation,test,1,200,100,2.469,,,0.5
                training,,2,210,10,2.593,0.125,,
                """);
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void aFileThatIsGoneOnWithKeepsItsColumns() throws IOException {
        log.write(List.of(LogRecords.of(Kind.TRAINING, 1, "", Map.of("a", 1.0)),
                LogRecords.of(Kind.TRAINING, 2, "", Map.of("b", 2.0))));
        log.write(List.of(LogRecords.of(Kind.TRAINING, 3, "", Map.of("b", 3.0))));
        log.write(List.of(LogRecords.of(Kind.TRAINING, 4, "", Map.of("c", 4.0, "a", 5.0))));

        assertThat(rows()).extracting(r -> List.of(r.get("a"), r.get("b"), r.get("c")))
                .containsExactly(List.of("1.0", "", ""), List.of("", "2.0", ""), List.of("", "3.0", ""),
                        List.of("5.0", "", "4.0"));
    }

    @Test
    void whatARunThatIsResumedNeverHadIsTakenOutWithTheColumnsThatOnlyThatHad() throws IOException {
        byte[] whole = log.ofWholeRun();
        for (int kept : new int[] {1, 3, 6}) {
            long at = WHOLE.get(kept - 1).iteration();
            Files.deleteIfExists(file);
            log.write(WHOLE.subList(0, kept));
            log.write(List.of(LogRecords.of(Kind.EVALUATION, at, "other", Map.of("other/loss, \"x\"", 0.5)),
                    LogRecords.of(Kind.END, at, "", Map.of("loss", 1.0, "only at the end", 2.0))));
            assertThat(Files.readString(file)).contains("only at the end");
            log.resume(kept, at);
            assertThat(file).as("kept %d", kept).hasBinaryContent(whole);
        }
    }

    @Test
    void theRowsOfTheIterationOfTheCheckpointAreThereOnceAlsoWhereACrashLostThem() throws IOException {
        byte[] whole = log.ofWholeRun();
        for (int written = 1; written <= WHOLE.size(); written++) {
            Files.deleteIfExists(file);
            log.write(WHOLE.subList(0, written));
            log.resume(3, 10);
            assertThat(file).as("written %d", written).hasBinaryContent(whole);
        }
    }

    @Test
    void namesThatNeedQuotesAreReadBackAndTheLocaleDoesNotMatter() throws IOException {
        List<String> names = List.of("a,b", "say \"x\"", "two\nlines", "Größe", "epoch");
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG"));
            log.write(List.of(
                    LogRecords.of(Kind.EVALUATION, 1234567, "va\"l, 1", Map.of(names.getFirst(), 1234567.5))));
            // Each of these writes the table again, and reads the header that was there.
            for (int i = 1; i < names.size(); i++) {
                log.write(List.of(LogRecords.of(Kind.TRAINING, 1234567 + i, "", Map.of(names.get(i), i + 0.5))));
            }
        } finally {
            Locale.setDefault(before);
        }

        List<Map<String, String>> rows = rows();
        assertThat(rows).hasSize(5);
        assertThat(rows.getFirst()).containsEntry("split", "va\"l, 1").containsEntry("a,b", "1234567.5")
                .containsEntry("iteration", "1234567");
        assertThat(rows.get(1)).containsEntry("say \"x\"", "1.5");
        assertThat(rows.get(2)).containsEntry("two lines", "2.5");
        assertThat(rows.get(3)).containsEntry("Größe", "3.5");
        assertThat(rows.get(4)).containsEntry("scalar/epoch", "4.5").containsEntry("epoch", "12345");
    }

    @Test
    void valuesThatAreNotFiniteHaveTheirNames() throws IOException {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("a", Double.NaN);
        scalars.put("b", Double.POSITIVE_INFINITY);
        scalars.put("c", Double.NEGATIVE_INFINITY);
        log.write(List.of(LogRecords.of(Kind.TRAINING, 1, "", scalars)));

        assertThat(Files.readString(file)).endsWith(",NaN,Infinity,-Infinity\n");
    }

    @Test
    void eachRecordIsInTheFileAtOnce() throws IOException {
        CsvLoggerHook hook = new CsvLoggerHook("logs/table.csv");
        hook.open(LogRecords.run(folder, Instant.EPOCH));
        for (int i = 1; i <= 3; i++) {
            hook.write(LogRecords.training(i));
            assertThat(Files.readAllLines(folder.resolve("logs/table.csv"))).hasSize(i + 1);
        }
        hook.close();
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
    void anEndThatWasNotTheEndGoes() throws IOException {
        byte[] whole = log.ofWholeRun();
        List<LogRecord> stopped = new ArrayList<>(WHOLE.subList(0, 6));
        stopped.add(LogRecords.end(20));
        log.write(stopped);
        log.write(WHOLE.subList(6, 10));
        assertThat(file).hasBinaryContent(whole);
    }

    @Test
    void aWriterThatIsReplacedBetweenTwoRecordsOfOneIterationLosesNone() throws IOException {
        log.write(List.of(LogRecords.training(10)));
        log.write(List.of(LogRecords.evaluation(10, "test")));
        log.write(List.of(LogRecords.evaluation(10, "train")));

        assertThat(rows()).hasSize(3);
    }

    @Test
    void aRowTornByACrashAtAnyByteIsRepaired() throws IOException {
        byte[] whole = log.ofWholeRun();
        int records = 0;
        for (int length = 0; length <= whole.length; length++) {
            if (length > 0 && whole[length - 1] == '\n') {
                records++;
            }
            Files.write(file, Arrays.copyOf(whole, length));
            log.write(WHOLE.subList(Math.clamp(records - 1, 0, WHOLE.size() - 1), WHOLE.size()));
            List<Map<String, String>> rows = rows();
            assertThat(rows).as("torn at %d", length).hasSize(10);
            for (int i = 0; i < rows.size(); i++) {
                assertThat(rows.get(i)).containsEntry("iteration", Long.toString(WHOLE.get(i).iteration()));
                assertThat(rows.get(i).getOrDefault("loss", "")).isEqualTo(WHOLE.get(i).scalars().containsKey("loss")
                        ? Double.toString(WHOLE.get(i).scalars().get("loss").smoothed())
                        : "");
            }
        }
    }

    @Test
    void zerosThatAFileSystemLeavesAfterAPowerFailureAreCutOff() throws IOException {
        log.write(WHOLE.subList(0, 3));
        byte[] good = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(good, good.length + 4096));
        log.write(WHOLE.subList(3, 10));
        assertThat(rows()).hasSize(10);

        Files.write(file, new byte[100]);
        log.write(WHOLE);
        assertThat(rows()).hasSize(10);
    }

    @Test
    void aFileOfSomebodyElseIsRefusedAndLeftAsItIs() throws IOException {
        for (String other : List.of("a,b\n1,2\n", "a", "kind,split,epoch\n", "\"kind,split\n1,2\n")) {
            Files.writeString(file, other);
            assertThatThrownBy(() -> log.write(WHOLE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("metrics.csv cannot be gone on with: ")
                    .hasMessageContaining("CSVLoggerHook");
            assertThat(file).hasContent(other);
        }
    }

    @Test
    void damageNeverMakesADuplicateOrAFailureThatChangesTheFile() throws IOException {
        byte[] whole = log.ofWholeRun();
        Random random = new Random(11);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) (random.nextBoolean() ? '"' : random.nextInt(256));
            }
            damaged = Arrays.copyOf(damaged, 1 + random.nextInt(damaged.length));
            Files.write(file, damaged);
            try {
                log.write(WHOLE.subList(3, 10));
            } catch (IOException e) {
                refused++;
                assertThat(file).hasBinaryContent(damaged);
                continue;
            }
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            assertThat(lines).as("seven new rows are at the end").hasSizeGreaterThanOrEqualTo(8);
            assertThat(lines.subList(lines.size() - 7, lines.size())).extracting(l -> l.split(",", 6)[3])
                    .containsExactly("15", "20", "20", "25", "30", "30", "30");
            assertThat(lines.subList(1, lines.size() - 7)).noneMatch(l -> l.matches("training,,\\d+,(15|20|25|30),.*"));
        }
        assertThat(refused).isBetween(1, 299);
    }

    @Test
    void aWriterThatIsNotOpenSaysSo() {
        assertThatThrownBy(() -> new CsvLoggerHook("x.csv").write(LogRecords.training(1)))
                .isInstanceOf(IOException.class)
                .hasMessage("x.csv is not open");
    }
}
