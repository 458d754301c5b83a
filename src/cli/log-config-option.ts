import { type Command, Option } from 'commander';

/** An option for the configuration of the flow log, when it is not the default. */
export function addLogConfigOption(command: Command, sink: string, of = ''): Command {
  return command.addOption(
    new Option('-c, --config <file>', `${of}the aggregator's configuration; its first sink ${sink} applies`),
  );
}
