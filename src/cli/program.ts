import { Command } from 'commander';
import { agentCommand } from './agent.ts';
import { aggregatorCommand } from './aggregator.ts';
import { collectCommand } from './collect.ts';
import { configCommand } from './config-check.ts';
import { decodeCommand } from './decode.ts';
import { flowsCommand } from './flows.ts';
import { logqlCommand } from './logql.ts';
import { logsqlCommand } from './logsql.ts';
import { upCommand } from './up.ts';
import { version } from './version.ts';

/** The program `weir`: its commands, each in a file of its own. */
export function weirProgram(): Command {
  const program = new Command('weir')
    .description(
      'network flow visibility: connections from the kernel, IPFIX, and a counter for every record lost',
    )
    .version(version, '-V, --version')
    .addCommand(upCommand())
    .addCommand(flowsCommand())
    .addCommand(logqlCommand())
    .addCommand(logsqlCommand())
    .addCommand(agentCommand())
    .addCommand(aggregatorCommand())
    .addCommand(collectCommand())
    .addCommand(decodeCommand())
    .addCommand(configCommand())
    .addHelpText('after', '\nExample:\n  weir up            # watch the connections of this host');
  for (const command of everyCommand(program)) command.exitOverride().showHelpAfterError('(try --help)');
  return program;
}

/** A command and all below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
