// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hookline.api.Hook;
import org.hookline.api.RunInfo;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogRecord.Kind;
import org.hookline.api.log.LogRecord.Value;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class PeriodicLoggerTest {
    @TempDir
    Path folder;

    private static final class Training implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            context.gradients().zero();
            context.gradients().backward(1);
            context.stepper().step();
            context.metrics().put("lr", 0.1 / (context.progress().iteration() + 1), false);
        }
    }

    private final LinearTask task = new LinearTask(5, 32, 3, 4);
    private final MemoryWriter writer = new MemoryWriter();

    private static PeriodicLogger logger(Object... values) {
        return new PeriodicLogger(LoggerSettings.of(Configs.of(PeriodicLoggerConfig.class, values)));
    }

    /** Eight iterations an epoch. */
    private HookRun run(PeriodicLogger logger, Hook... more) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new Training());
        for (Hook hook : more) {
            run.add(25, hook);
        }
        run.add(30, logger);
        return run;
    }

    private MemoryWriter bound(PeriodicLogger logger, MemoryWriter w, long id) {
        logger.bindWriter(w, MemoryWriter.service(id));
        return w;
    }

    private List<String> calls(PeriodicLogger logger, int epochs, long iterations, Hook... more) {
        MemoryWriter w = bound(logger, new MemoryWriter(), 1);
        HookRun run = run(logger, more);
        RunResult result = epochs > 0 ? run.epochs(epochs) : run.iterations(iterations);
        assertThat(result.failure()).isEmpty();
        return w.calls;
    }

    @Test
    void epochModeGivesARecordForEachPeriodAndTheEndOfEachEpoch() {
        assertThat(calls(logger("period", 3), 2, 0)).containsExactly("open test-run", "TRAINING 3", "TRAINING 6",
                "TRAINING 8", "TRAINING 11", "TRAINING 14", "TRAINING 16", "END 16", "close");
    }

    @Test
    void iterationModeGivesARecordForEachPeriodAndTheLastIteration() {
        assertThat(calls(logger("period", 3), 0, 10)).containsExactly("open test-run", "TRAINING 3", "TRAINING 6",
                "TRAINING 9", "TRAINING 10", "END 10", "close");
    }

    @Test
    void aPeriodOfZeroGivesTheEndsOfPassesOnly() {
        assertThat(calls(logger("period", 0), 2, 0))
                .containsExactly("open test-run", "TRAINING 8", "TRAINING 16", "END 16", "close");
        assertThat(calls(logger("period", 0), 0, 10))
                .containsExactly("open test-run", "TRAINING 8", "TRAINING 10", "END 10", "close");
    }

    @Test
    void theDeviceIsReadOnceForEachPeriod() {
        calls(logger("period", 4), 3, 0);
        assertThat(task.deviceReads()).isEqualTo(6);
    }

    @Test
    void smoothedValuesAreTheMedianOfTheWindowAndOthersTheNewest() {
        List<Double> losses = new ArrayList<>();
        PeriodicLogger logger = logger("period", 8, "window", 3);
        bound(logger, writer, 1);
        run(logger, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                losses.add(context.metrics().series("loss").orElseThrow().latest());
            }
        }).epochs(1);
        Map<String, Value> scalars = writer.of(Kind.TRAINING).getFirst().scalars();
        Value loss = scalars.get("loss");
        List<Double> newest = losses.subList(5, 8);
        assertThat(loss.latest()).isEqualTo(losses.getLast());
        assertThat(loss.smoothed()).isEqualTo(newest.stream().sorted().toList().get(1));
        assertThat(loss.windowMean()).isCloseTo(newest.stream().mapToDouble(d -> d).sum() / 3, within(1e-12));
        assertThat(loss.globalMean()).isCloseTo(losses.stream().mapToDouble(d -> d).sum() / 8, within(1e-12));
        assertThat(scalars.get("lr").smoothed()).isEqualTo(0.1 / 8).isEqualTo(scalars.get("lr").latest());
    }

    /** Evaluates after each epoch. */
    private static final class Evaluating implements Hook {
        @Override
        public void afterTrainEpoch(TrainingContext context) {
            context.evaluation().evaluate("test");
        }
    }

    @Test
    void everyEvaluationReachesTheWritersOnceAndAtOnce() {
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        run(logger, new Evaluating()).epochs(2);
        assertThat(writer.calls).containsExactly("open test-run", "TRAINING 4", "TRAINING 8", "EVALUATION 8",
                "TRAINING 12", "TRAINING 16", "EVALUATION 16", "END 16", "close");
        for (LogRecord entry : writer.of(Kind.EVALUATION)) {
            assertThat(entry.split()).contains("test");
            assertThat(entry.scalars()).containsOnlyKeys("test/loss", "test/score");
        }
        assertThat(writer.of(Kind.TRAINING)).allSatisfy(r -> assertThat(r.scalars()).containsOnlyKeys("loss", "lr"));
        assertThat(writer.of(Kind.EVALUATION).getLast().scalars().get("test/loss").latest()).isEqualTo(task.loss());
    }

    @Test
    void anEvaluationAfterItsOwnEndDoesNotFailIt() {
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        HookRun run = run(logger);
        run.add(45, new Hook() {
            @Override
            public void afterTrain(TrainingContext context) {
                context.evaluation().evaluate("test");
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(writer.calls).endsWith("END 8", "close");
    }

    @Test
    void anEvaluationInsideAnIterationHasThatIterationsNumber() {
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 0) {
                    context.evaluation().evaluate("test");
                }
            }

            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 5) {
                    context.evaluation().evaluate("test");
                }
            }
        }).iterations(8);
        assertThat(writer.calls).containsExactly("open test-run", "EVALUATION 0", "TRAINING 4", "EVALUATION 6",
                "TRAINING 8", "END 8", "close");
    }

    @Test
    void aRecordHasWhatIsNewAndTheLastOneHasEverything() {
        PeriodicLogger logger = logger("period", 2);
        bound(logger, writer, 1);
        run(logger, new Evaluating(), new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 2) {
                    context.metrics().put("once", 7, false);
                }
            }
        }).epochs(1);
        assertThat(writer.of(Kind.TRAINING)).extracting(r -> r.scalars().containsKey("once"))
                .containsExactly(false, true, false, false);
        assertThat(writer.of(Kind.END).getFirst().scalars())
                .containsOnlyKeys("loss", "lr", "once", "test/loss", "test/score");
    }

    @Test
    void picturesAndHistogramsWaitForTheNextRecordAndComeOnce() {
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        run(logger, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    context.metrics().putImage("sample", new byte[] {1, 2});
                    context.metrics().putHistogram("weights", new float[] {0.5f});
                }
            }
        }).epochs(1);
        assertThat(writer.of(Kind.TRAINING).get(0).images()).containsOnlyKeys("sample");
        assertThat(writer.of(Kind.TRAINING).get(0).histograms()).containsOnlyKeys("weights");
        assertThat(writer.of(Kind.TRAINING).get(1).images()).isEmpty();
        assertThat(writer.of(Kind.END).getFirst().histograms()).isEmpty();
    }

    @Test
    void picturesAndHistogramsOfAHookBehindComeWithTheNextRecordAndOnce() {
        PeriodicLogger logger = logger("period", 1);
        bound(logger, writer, 1);
        HookRun run = run(logger);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                long iteration = context.progress().iteration();
                if (iteration == 3 || iteration == context.progress().iterations() - 1) {
                    context.metrics().putImage("sample", new byte[] {(byte) iteration});
                    context.metrics().putHistogram("weights", new float[] {iteration});
                }
            }
        });
        run.epochs(1);
        List<LogRecord> records = writer.records;
        assertThat(records.stream().filter(r -> !r.images().isEmpty()))
                .extracting(LogRecord::kind, LogRecord::iteration, r -> r.images().get("sample")[0],
                        r -> r.histograms().get("weights")[0])
                .containsExactly(tuple(Kind.TRAINING, 5L, (byte) 3, 3f), tuple(Kind.END, 8L, (byte) 7, 7f));
        assertThat(records.stream().filter(r -> !r.histograms().isEmpty())).hasSize(2);
    }

    @Test
    void theTimeLeftIsTheMedianIterationTimesWhatIsLeft() {
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        run(logger, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.metrics().put("iter_time", context.progress().iteration() == 0 ? 60 : 0.25);
            }
        }).epochs(2);
        assertThat(writer.of(Kind.TRAINING)).extracting(LogRecord::secondsLeft).containsExactly(3.0, 2.0, 1.0, 0.0);
    }

    @Test
    void withoutATimerTheTimeLeftComesFromTheTimeGoneBy() {
        calls(logger("period", 4), 1, 0);
        PeriodicLogger logger = logger("period", 4);
        bound(logger, writer, 1);
        run(logger).epochs(2);
        LogRecord first = writer.of(Kind.TRAINING).getFirst();
        assertThat(first.secondsLeft()).isPositive().isLessThan(first.elapsedSeconds() * 4);
    }

    @Test
    void eachWriterIsCalledOnOneDaemonThreadThatIsNotTheTrainingThread() {
        PeriodicLogger logger = logger("period", 1);
        MemoryWriter other = bound(logger, new MemoryWriter(), 2);
        bound(logger, writer, 1);
        run(logger).epochs(1);
        assertThat(Set.copyOf(writer.threads)).hasSize(1).doesNotContain(Thread.currentThread());
        assertThat(Set.copyOf(other.threads)).hasSize(1).doesNotContainAnyElementsOf(writer.threads);
        Thread thread = writer.threads.getFirst();
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.isVirtual()).isFalse();
        assertThat(thread.getName()).isEqualTo("hookline-writer-writer1");
    }

    /** Hangs at a chosen call until it is let go, or interrupted. */
    private static class Hanging extends MemoryWriter {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final String where;

        Hanging(String where) {
            this.where = where;
        }

        void hang(String here) throws IOException {
            if (here.equals(where)) {
                entered.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
        }

        @Override
        public void open(RunInfo run) throws IOException {
            hang("open");
            super.open(run);
        }

        @Override
        public void write(LogRecord entry) throws IOException {
            hang("write");
            super.write(entry);
        }

        @Override
        public void close() throws IOException {
            hang("close");
            super.close();
        }
    }

    @Test
    void aSlowWriterLosesTrainingRecordsButNoEvaluationAndNotTheEnd() {
        PeriodicLogger logger = logger("period", 1, "queue", 4);
        Hanging slow = new Hanging("write");
        bound(logger, slow, 1);
        HookRun run = run(logger, new Evaluating(), new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) throws InterruptedException {
                if (context.progress().iteration() == 1) {
                    assertThat(slow.entered.await(10, TimeUnit.SECONDS)).isTrue();
                }
            }
        });
        run.add(20, new Hook() {
            @Override
            public void afterTrain(TrainingContext context) {
                slow.release.countDown();
            }
        });
        assertThat(run.epochs(2).failure()).isEmpty();
        // It holds 1, and 2 to 5 wait; the rest is dropped. The evaluations take the places of 2 and 3, and the end
        // that of 4, where the writer has not come to it yet.
        assertThat(slow.calls.stream().filter(c -> !c.equals("TRAINING 4"))).containsExactly(
                "open test-run", "TRAINING 1", "TRAINING 5", "EVALUATION 8",
                "EVALUATION 16", "END 16", "close");
    }

    @Test
    void aWriterThatHangsIsTakenOutAndTheTrainingDoesNotNotice() throws Exception {
        PeriodicLogger logger = logger("period", 1, "writerTimeout", 0.5);
        Hanging hanging = new Hanging("write");
        bound(logger, hanging, 1);
        bound(logger, writer, 2);
        HookRun run = run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) throws InterruptedException {
                if (context.progress().iteration() == 4) {
                    assertThat(hanging.entered.await(10, TimeUnit.SECONDS)).isTrue();
                    Thread.sleep(700);
                }
            }
        });
        List<Integer> eventsInRun = new ArrayList<>();
        run.add(40, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                eventsInRun.add(run.events("writer_quarantined").size());
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(eventsInRun).containsExactly(0, 0, 0, 0, 0, 1, 1, 1);
        assertThat(run.events("writer_quarantined")).containsExactly(Map.of("writer", "writer1", "error",
                "it has been in write for more than 0.5 s"));
        assertThat(writer.calls).hasSize(11).endsWith("END 8", "close");
        // Being interrupted it comes back, and is closed.
        for (Thread thread : hanging.threads) {
            assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        }
        assertThat(hanging.calls).containsExactly("open test-run", "close");
    }

    /** Throws at a chosen call. */
    private static final class Failing extends Hanging {
        Failing(String where) {
            super(where);
        }

        @Override
        void hang(String here) throws IOException {
            if (here.equals(where)) {
                throw new IOException("no space left on device");
            }
        }
    }

    @Test
    void aWriterThatThrowsIsTakenOutAndTheOthersGoOn() {
        for (String where : List.of("open", "write", "close")) {
            PeriodicLogger logger = logger("period", 4);
            Failing failing = new Failing(where);
            MemoryWriter good = bound(logger, new MemoryWriter(), 2);
            bound(logger, failing, 1);
            HookRun run = run(logger);
            assertThat(run.epochs(1).failure()).as(where).isEmpty();
            assertThat(good.calls).containsExactly("open test-run", "TRAINING 4", "TRAINING 8", "END 8", "close");
            assertThat(run.events("writer_quarantined")).as(where).containsExactly(
                    Map.of("writer", "writer1", "error", "IOException: no space left on device"));
            assertThat(failing.records).hasSize(where.equals("close") ? 3 : 0);
            if (where.equals("write")) {
                assertThat(failing.calls).containsExactly("open test-run", "close");
            }
        }
    }

    @Test
    void theEndOfTheRunWaitsForWritersNoLongerThanItsLimit() {
        PeriodicLogger logger = logger("period", 4, "closeTimeout", 0.3);
        Hanging first = new Hanging("close");
        Hanging second = new Hanging("open");
        bound(logger, first, 1);
        bound(logger, second, 2);
        HookRun run = run(logger);
        long start = System.nanoTime();
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(System.nanoTime() - start).isBetween(300_000_000L, 10_000_000_000L);
        assertThat(run.events("writer_quarantined")).extracting(e -> e.get("error")).containsExactly(
                "it did not finish in time, in close", "it did not finish in time, in open, 3 records unwritten");
    }

    @Test
    void aWriterThatJoinsLateIsOpenedFirstAndGetsWhatComesAfter() {
        PeriodicLogger logger = logger("period", 2);
        HookRun run = run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 5) {
                    bound(logger, writer, 9);
                }
            }
        });
        run.epochs(1);
        assertThat(writer.calls).containsExactly("open test-run", "TRAINING 6", "TRAINING 8", "END 8", "close");
    }

    @Test
    void aWriterThatLeavesGetsWhatWaitsThenIsClosedAndNeverCalledAgain() {
        PeriodicLogger logger = logger("period", 1);
        bound(logger, writer, 9);
        List<String> atUnbind = new ArrayList<>();
        run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 3) {
                    logger.unbindWriter(writer, MemoryWriter.service(9));
                    atUnbind.addAll(writer.calls);
                }
            }
        }).epochs(1);
        assertThat(atUnbind).containsExactly("open test-run", "TRAINING 1", "TRAINING 2", "TRAINING 3", "close");
        assertThat(writer.calls).isEqualTo(atUnbind);
    }

    @Test
    void aWriterOfAnotherRunIsLeftAlone() {
        PeriodicLogger logger = logger("period", 4);
        MemoryWriter mine = new MemoryWriter();
        logger.bindWriter(writer, MemoryWriter.service(1, "run.id", "another"));
        logger.bindWriter(mine, MemoryWriter.service(2, "run.id", "test-run"));
        run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 5) {
                    logger.updatedWriter(mine, MemoryWriter.service(2, "run.id", "another"));
                    logger.updatedWriter(writer, MemoryWriter.service(1, "run.id", "test-run"));
                }
            }
        }).epochs(1);
        assertThat(mine.calls).containsExactly("open test-run", "TRAINING 4", "close");
        assertThat(writer.calls).containsExactly("open test-run", "TRAINING 8", "END 8", "close");
    }

    @Test
    void aWriterThatWasTakenOutDoesNotComeBackWithAChangeOfItsProperties() {
        PeriodicLogger logger = logger("period", 1);
        Failing failing = new Failing("open");
        bound(logger, failing, 1);
        HookRun run = run(logger, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    logger.updatedWriter(failing, MemoryWriter.service(1));
                }
            }
        });
        run.epochs(1);
        assertThat(run.events("writer_quarantined")).hasSize(1);
    }

    @Test
    void whenTheHookGoesInTheMiddleOfARunItsWritersAreClosed() {
        PeriodicLogger logger = logger("period", 2);
        bound(logger, writer, 1);
        HookRun run = new HookRun(folder, task);
        run.add(20, new Training());
        long id = run.add(30, logger);
        run.add(40, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    run.remove(id);
                }
                if (context.progress().iteration() == 5) {
                    logger.deactivate();
                }
            }
        });
        run.epochs(1);
        assertThat(writer.calls).containsExactly("open test-run", "TRAINING 2", "TRAINING 4", "close");
    }

    @Test
    void aRunThatFailsBeforeTheHookHeardOfItIsNoneOfItsBusiness() {
        PeriodicLogger logger = logger();
        bound(logger, writer, 1);
        RunResult result = run(logger, new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                throw new UserError("no such schedule");
            }
        }).epochs(1);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("no such schedule").hasNoSuppressedExceptions();
        assertThat(writer.calls).isEmpty();
        // A stage that throws after that would only be logged; called by itself it would show.
        assertThatCode(() -> logger.afterTrain(null)).doesNotThrowAnyException();
    }

    @Test
    void oneInstanceServesRunsOneAfterTheOther() {
        PeriodicLogger logger = logger("period", 8);
        bound(logger, writer, 1);
        run(logger).epochs(1);
        run(logger).epochs(1);
        assertThat(writer.calls).containsExactly("open test-run", "TRAINING 8", "END 8", "close",
                "open test-run", "TRAINING 8", "END 8", "close");
    }

    /** A metric, a picture and a histogram that wait for the next record. */
    private static final class Rare implements Hook {
        private final String name;

        Rare(String name) {
            this.name = name;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            if (context.progress().iteration() == 3) {
                context.metrics().put("once", 7, false);
                context.metrics().putImage(name, new byte[] {1, 2});
                context.metrics().putHistogram(name, new float[] {0.5f, Float.NaN});
            }
        }
    }

    /** What a record says, apart from times. */
    private static String text(LogRecord r) {
        return r.kind() + " " + r.iteration() + " " + r.split() + " " + r.scalars() + " "
                + r.images().values().stream().map(Arrays::toString).toList() + " "
                + r.histograms().values().stream().map(Arrays::toString).toList();
    }

    /** What the writer gets; before an iteration a fresh logger takes the place of the old one, with its state. */
    private List<String> replacedBefore(long iteration) {
        MemoryWriter w = new MemoryWriter();
        PeriodicLogger old = logger("period", 3, "window", 4);
        PeriodicLogger fresh = logger("period", 3, "window", 4);
        bound(old, w, 1);
        bound(fresh, w, 1);
        HookRun run = new HookRun(folder, new LinearTask(5, 32, 3, 4));
        run.add(20, new Training());
        run.add(25, new Evaluating());
        run.add(25, new Rare("sample"));
        long id = run.add(30, old);
        run.add(35, new Rare("behind"));
        run.add(40, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() + 1 == iteration) {
                    run.remove(id);
                    run.add(30, fresh);
                }
            }

            @Override
            public void beforeTrainIter(TrainingContext context) {
                if (context.progress().iteration() == iteration) {
                    old.deactivate();
                }
            }
        });
        assertThat(run.epochs(2).failure()).isEmpty();
        return w.records.stream().map(PeriodicLoggerTest::text).toList();
    }

    @Test
    void aFreshInstanceWithTheStateOfAnotherGivesTheRecordsThatThatOneWouldHaveGiven() {
        List<String> undisturbed = replacedBefore(-1);
        assertThat(undisturbed).hasSize(9);
        assertThat(undisturbed.get(1)).startsWith("TRAINING 6 ").contains("once=", "[1, 2]", "[0.5, NaN]");
        for (long iteration = 1; iteration < 16; iteration++) {
            assertThat(replacedBefore(iteration)).as("replaced before iteration %d", iteration).isEqualTo(undisturbed);
        }
    }

    @Test
    void theStateIsSavedAndReadWithoutLoss() {
        PeriodicLogger logger = logger("period", 3);
        bound(logger, writer, 1);
        List<Map<String, Object>> saved = new ArrayList<>();
        run(logger, new Evaluating(), new Rare("sample"), new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                saved.add(logger.saveState());
            }
        }).epochs(2);
        assertThat(saved).hasSize(16);
        for (Map<String, Object> state : saved) {
            PeriodicLogger fresh = logger();
            fresh.loadState(1, state);
            assertThat(fresh.saveState()).usingRecursiveComparison().isEqualTo(state);
        }
        assertThat(logger().saveState()).as("before a run").isEmpty();
        assertThatThrownBy(() -> logger().loadState(2, Map.of())).hasMessage("state version is 2, expected 1");
        assertThatThrownBy(() -> logger().loadState(1, Map.of("sent", 3L))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it has [sent]");
    }

    @Test
    void settingsOutOfRangeAreNamed() {
        assertThat(LoggerSettings.of(Configs.of(PeriodicLoggerConfig.class))).isEqualTo(LoggerSettings.DEFAULT);
        Duration second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new LoggerSettings(-1, 20, 256, second, second)).isInstanceOf(UserError.class)
                .hasMessage("PeriodicLogger: period is -1, expected 1 or more, or 0 for epochs only");
        assertThatThrownBy(() -> new LoggerSettings(1, 0, 256, second, second)).hasMessageContaining("window is 0");
        assertThatThrownBy(() -> new LoggerSettings(1, 1, 0, second, second)).hasMessageContaining("queue is 0");
        assertThatThrownBy(() -> new LoggerSettings(1, 1, 1, Duration.ZERO, second))
                .hasMessageContaining("writer_timeout is 0.0");
    }
}
