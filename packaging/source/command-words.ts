import type { Command, Option } from 'commander';
import { everyCommand, fullName } from '../../src/cli/program.ts';

/** A command as shells and manuals need it. */
export interface CommandWords {
  /** The words after `weir`: "flows", "config check"; empty for `weir` itself. */
  readonly path: string;
  readonly description: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionWords[];
}

export interface OptionWords {
  /** As typed: -o, --output. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** All commands of a program, itself first. */
export const commandWords = (program: Command): CommandWords[] => everyCommand(program).map(wordsOf);

const pathOf = (command: Command): string => fullName(command).split(' ').slice(1).join(' ');

function wordsOf(command: Command): CommandWords {
  const help = command.createHelp();
  return {
    path: pathOf(command),
    description: command.description(),
    subcommands: command.commands.map((below) => ({ name: below.name(), description: below.description() })),
    options: help.visibleOptions(command).map(optionWords),
  };
}

function optionWords({ short, long, description, required, optional, argChoices }: Option): OptionWords {
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    takesValue: required || optional,
    choices: argChoices ?? [],
  };
}
