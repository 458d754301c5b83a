import type { Command } from 'commander';
import { fullName } from '../../src/cli/program.ts';

/**
 * A manual page in man(7)'s macros, from the command's --help.
 * @param date in the page's foot, e.g. 2026-11-28
 */
export function manualPage(command: Command, version: string, date: string): string {
  const name = manualName(command);
  const help = command.createHelp();
  const title = `.TH ${name.toUpperCase()} 1 ${date} "Weir ${version}" "Weir's manual"`;
  const termSection = (heading: string, pairs: [term: string, text: string][]) =>
    pairs.length === 0
      ? []
      : [
          `.SH ${heading}`,
          ...pairs.flatMap(([term, text]) => ['.TP', `\\fB${escapeRoff(term)}\\fR`, lineOf(text)]),
        ];
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  return `${[
    title,
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(command.description())}`,
    '.SH SYNOPSIS',
    `.B ${escapeRoff(help.commandUsage(command))}`,
    ...termSection(
      'ARGUMENTS',
      help
        .visibleArguments(command)
        .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)]),
    ),
    ...termSection(
      'OPTIONS',
      help.visibleOptions(command).map((option) => [help.optionTerm(option), help.optionDescription(option)]),
    ),
    ...termSection(
      'COMMANDS',
      below.map((one) => [help.subcommandTerm(one), help.subcommandDescription(one)]),
    ),
    ...notesOf(command),
    ...seeAlso(command, below),
  ].join('\n')}\n`;
}

/** weir-config-check, as `man` finds it. */
export const manualName = (command: Command): string => fullName(command).replaceAll(' ', '-');

/** The text of --help after its lists. */
function notesOf(command: Command): string[] {
  let text = '';
  const collectText = (piece: string) => {
    text += piece;
  };
  command.configureOutput({ writeOut: collectText, writeErr: collectText }).outputHelp();
  const after = text.slice(command.helpInformation().length).trim();
  if (after === '') return [];
  return ['.SH NOTES', '.nf', ...after.split('\n').map(lineOf), '.fi'];
}

function seeAlso(command: Command, below: readonly Command[]): string[] {
  const others = command.parent === null ? below : [command.parent];
  if (others.length === 0) return [];
  return ['.SH SEE ALSO', others.map((other) => `\\fB${escapeRoff(manualName(other))}\\fR(1)`).join(', ')];
}

/** Escapes text so that troff prints it unchanged. */
const escapeRoff = (text: string): string => text.replaceAll('\\', '\\e').replaceAll('-', '\\-');

/** A line of text: troff would take a point or an apostrophe at its start for a request. */
const lineOf = (text: string): string => escapeRoff(text).replace(/^(?=[.'])/, '\\&');
