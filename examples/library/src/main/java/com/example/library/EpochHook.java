package com.example.library;

import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/** A hook of the program's own: prints the mean loss of each epoch. */
public final class EpochHook implements Hook {
    private final String words;

    /** Makes the hook; {@code words} stand before each number. */
    public EpochHook(String words) {
        this.words = words;
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) {
        int iterations = context.progress().innerIterations();
        double loss = context.metrics().series("loss").orElseThrow().mean(iterations);
        System.out.printf("%s %d: %.6f%n", words, context.progress().epoch() + 1, loss);
    }
}
