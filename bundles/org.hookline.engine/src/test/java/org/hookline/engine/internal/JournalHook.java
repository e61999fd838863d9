// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import java.util.List;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/** Writes down every call. */
class JournalHook implements Hook {
    final String id;
    final List<String> journal;

    JournalHook(String id, List<String> journal) {
        this.id = id;
        this.journal = journal;
    }

    void note(String stage, TrainingContext context) {
        journal.add(id + "." + stage + "@" + context.progress().iteration());
    }

    @Override
    public void beforeTrain(TrainingContext context) throws Exception {
        note(context.late() ? "beforeTrain(late)" : "beforeTrain", context);
    }

    @Override
    public void beforeTrainEpoch(TrainingContext context) throws Exception {
        note("beforeTrainEpoch", context);
    }

    @Override
    public void beforeTrainIter(TrainingContext context) throws Exception {
        note("beforeTrainIter", context);
    }

    @Override
    public void afterTrainIter(TrainingContext context) throws Exception {
        note("afterTrainIter", context);
    }

    @Override
    public void afterTrainEpoch(TrainingContext context) throws Exception {
        note("afterTrainEpoch", context);
    }

    @Override
    public void afterTrain(TrainingContext context) throws Exception {
        note("afterTrain", context);
    }

    @Override
    public void onException(TrainingContext context, Throwable failure) throws Exception {
        note("onException", context);
    }
}
