package com.example.library;

import java.nio.file.Path;
import java.util.Map;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunResult;
import org.hookline.library.Library;
import org.hookline.runfile.RunFile;

/** Trains the model of a run file. */
public final class TrainDigits {
    private TrainDigits() {}

    public static void main(String[] arguments) throws Exception {
        Library library = Library.load();
        HooklineEngine engine = new HooklineEngine();
        engine.add(new EpochHook("loss of epoch"), Map.of("level", "LOW"));
        RunFile runFile = library.read(Path.of(arguments[0]), "train.epochs=3");
        RunResult result = library.train(engine, runFile, Path.of("output"), event -> {});
        if (result.failure().isPresent()) {
            throw new IllegalStateException("the run failed", result.failure().get());
        }
        System.out.printf("%s, %s: accuracy %.4f after %d iterations%n",
                TrainDigits.class.getModule(), Library.class.getModule(),
                result.evaluations().getLast().values().get("accuracy"), result.iterations());
    }
}
