// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandListTest {
    private final CommandList commands = CommandList.load();

    @ParameterizedTest
    @CsvSource({"trian,train", "tran,train", "TRAIN,train", "chekc,check", "ch,check", "vers,version", "hepl,help"})
    void aSlipLeadsToTheCommandThatWasMeant(String word, String meant) {
        assertThat(commands.nearest(word)).contains(meant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"digits.yaml", "x", "--output"})
    void anythingElseLeadsNowhere(String word) {
        assertThat(commands.nearest(word)).isEmpty();
    }

    @Test
    void anUnknownWordIsAnsweredInOneLineWithAllCommands() {
        String all = String.join(", ", commands.entries().stream().map(CommandList.Entry::name).toList());
        assertThat(all).startsWith("train, check, ").contains("new-hook", "hooks, status, deploy")
                .endsWith("version, help");
        assertThat(commands.unknown("trian"))
                .isEqualTo("unknown command 'trian': did you mean 'train'? (" + all + ")");
        assertThat(commands.unknown("frobnicate"))
                .isEqualTo("unknown command 'frobnicate': expected one of " + all);
    }

    @Test
    void theOverviewListsEveryCommandWithItsLine() {
        String text = commands.overview("1.2.3");

        assertThat(text).contains("Hookline 1.2.3");
        assertThat(commands.entries())
                .isNotEmpty()
                .allSatisfy(e -> assertThat(text).containsPattern("  " + e.name() + " +\\Q" + e.summary()));
    }

    @Test
    void theHelpOfACommandNamesItsOptions() {
        assertThat(CommandList.details(commands.find("train").orElseThrow()))
                .contains("--resume DIR", "--output DIR", "--console", "key=value", "--device, --name and --seed");
        assertThat(CommandList.details(commands.find("check").orElseThrow()))
                .contains("--print", "--schema", "key=value");
    }

    @Test
    void onlyWhatComputesNeedsTheNativeLibraryBeforehand() {
        assertThat(commands.entries().stream().filter(CommandList.Entry::needsNative).map(CommandList.Entry::name))
                .containsExactly("train", "evaluate");
    }
}
