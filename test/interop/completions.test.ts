import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandWords } from '../../packaging/source/command-words.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../../packaging/source/completions.ts';
import { weirProgram } from '../../src/cli/program.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const words = commandWords(await weirProgram());

/** The typed text before a Tab, and the completions that must be among the answers, or the only one. */
const typed = {
  'weir fl': ['flows'],
  'weir config ': ['check', 'example'],
  'weir flows -o ': ['compact', 'csv', 'json', 'table'],
  'weir flows --from lo': ['loki'],
  'weir flows --foll': ['--follow'],
  'weir config check --no': ['--no-paths'],
} as const;

async function answersOf(shell: string[], source: string): Promise<Record<string, string[]>> {
  using directory = new TemporaryDirectory();
  const file = directory.file('completion');
  writeFileSync(file, source);
  const entries = Object.keys(typed).map(async (line) => {
    const answer = await run([...shell, file, line]);
    return [
      line,
      answer
        .split('\n')
        .map((one) => one.split('\t')[0]!)
        .filter(Boolean)
        .sort(),
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}

it('bash completes commands, options, choices, and otherwise files', async () => {
  const ask = `source "$1"; IFS=' ' read -ra COMP_WORDS <<< "$2"; [[ $2 == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _weir; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p weir >&2`;
  const shell = ['bash', '-c', ask, 'bash'];
  expect(await answersOf(shell, bashCompletion(words))).toEqual(typed);
  expect(bashCompletion(words)).toMatch(/^complete .*-o default/m);
});

requires('fish')('fish', () => {
  it('completes commands, options and choices', async () => {
    const shell = ['fish', '--no-config', '-c', 'source $argv[1]; complete -C $argv[2]'];
    expect(await answersOf(shell, fishCompletion(words))).toEqual(typed);
  });
});

requires('zsh')('zsh', () => {
  it('completes each option with its choices, and files', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('_weir');
    writeFileSync(file, zshCompletion(words));
    const stubs = '_arguments() { print -rl -- "$@" }; _describe() { }; _files() { }';
    const specs = await run(['zsh', '--no-rcs', '-c', `${stubs}; source $1; _weir_flows`, 'zsh', file]);
    expect(specs.split('\n')).toContain('*--output[format]:value:(table compact json csv)');
    expect(specs.split('\n')).toContain('*:file:_files');
  });
});
