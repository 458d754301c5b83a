import { Command, Option } from 'commander';
import { type Section, WeirError } from '../runtime/index.ts';
import {
  agentTlsNotes,
  aggregatorTlsNotes,
  configFiles,
  expectKind,
  expectNamedPaths,
  type FileKind,
  fileKinds,
  formatNote,
  guessKind,
  loadAgentSettings,
  loadAggregatorSettings,
  type Note,
  readConfigFile,
  unwrapConfigMap,
} from './config/index.ts';
import { ExitStatus } from './exit-status.ts';
import { writeLines } from './standard-output.ts';

/** `weir config check`: reads a configuration and reports what is wrong, where, and what was expected. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a configuration file and report its faults')
    .argument('<file>', "an agent's or an aggregator's file, or a ConfigMap that contains one")
    .addOption(
      new Option('--kind <kind>', 'the kind of file, when its keys do not show it').choices(fileKinds),
    )
    .option('--no-paths', 'do not check the files and directories that it names')
    .action(async (file: string, options: Options) => checkFile(file, options))
    .addHelpText(
      'after',
      `
Exit status: 0 the file is valid; 2 it is not; 3 it is valid, but something that it needs is not there: certificates, or a feature of a later version.
It checks the files and directories that the file names as at a start. It creates none.

Example:
  weir config check /etc/weir/agent.yaml`,
    );
}

interface Options {
  readonly kind?: FileKind;
  readonly paths: boolean;
}

function loadFile(kind: FileKind, text: string, file: string): { notes: Note[]; tlsNotes: () => Note[] } {
  if (kind === 'agent') {
    const { settings, notes } = loadAgentSettings(text, file);
    return { notes: [...notes], tlsNotes: () => agentTlsNotes(settings, file) };
  }
  const { settings, notes } = loadAggregatorSettings(text, file);
  return { notes: [...notes], tlsNotes: () => aggregatorTlsNotes(settings, file) };
}

async function checkFile(file: string, { kind: given, paths }: Options): Promise<void> {
  const text = readConfigFile(file);
  const wrapped = unwrapConfigMap(text);
  const kind = given ?? wrapped.kind ?? guessKind(wrapped.text, file);
  if (kind === undefined) {
    throw new WeirError(
      'WEIR_USAGE_KIND',
      `${file}: its keys do not show whether it is an agent's or an aggregator's file`,
      {
        remedy: 'Choose with --kind agent or --kind aggregator.',
      },
    );
  }
  expectKind(kind, wrapped, file);
  const { notes, tlsNotes } = loadFile(kind, text, file);
  if (paths) {
    await expectNamedPaths(text, file, configFiles[kind].root as Section);
    notes.push(...tlsNotes());
  }
  await writeLines(notes.map((note) => `note: ${formatNote(note)}`));
  const stops = notes.some((note) => note.stops);
  await writeLines([`${file}: a valid ${kind} configuration${stops ? ', which cannot be started yet' : ''}`]);
  if (stops) process.exitCode = ExitStatus.checkFailed;
}
