import { Command } from 'commander';
import { version } from './version.ts';

/**
 * The commands, in the order of the help. Each is loaded on demand: loading all takes a quarter of a second.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up.ts')).upCommand(),
  flows: async () => (await import('./flows.ts')).flowsCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  events: async () => (await import('./events.ts')).eventsCommand(),
  history: async () => (await import('./history.ts')).historyCommand(),
  console: async () => (await import('./console.ts')).consoleCommand(),
  mcp: async () => (await import('./mcp.ts')).mcpCommand(),
  get: async () => (await import('./get.ts')).getCommand(),
  'log-level': async () => (await import('./log-level.ts')).logLevelCommand(),
  logql: async () => (await import('./logql.ts')).logqlCommand(),
  logsql: async () => (await import('./logsql.ts')).logsqlCommand(),
  agent: async () => (await import('./agent.ts')).agentCommand(),
  aggregator: async () => (await import('./aggregator.ts')).aggregatorCommand(),
  collect: async () => (await import('./collect.ts')).collectCommand(),
  decode: async () => (await import('./decode.ts')).decodeCommand(),
  replay: async () => (await import('./replay.ts')).replayCommand(),
  certs: async () => (await import('./certs.ts')).certsCommand(),
  config: async () => (await import('./config-command.ts')).configCommand(),
};

/**
 * The program `weir`: its commands, each in its own file.
 * @param words of the command line: with a command among them, only that one is loaded
 */
export async function weirProgram(words: readonly string[] = []): Promise<Command> {
  const program = new Command('weir')
    .description(
      'network flow visibility: connections from the kernel, IPFIX, and a counter for every lost record',
    )
    .version(version, '-V, --version')
    .addHelpText('after', '\nExample:\n  weir up            # watch the connections of this host');
  for (const load of loadersFor(words)) program.addCommand(await load());
  for (const command of everyCommand(program)) command.exitOverride().showHelpAfterError('(try --help)');
  return program;
}

function loadersFor([first = '']: readonly string[]): (() => Promise<Command>)[] {
  if (first === '-V' || first === '--version') return [];
  const one = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return one === undefined ? Object.values(commands) : [one];
}

/** A command and all its subcommands. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** The name as typed: "weir config check". */
export function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
