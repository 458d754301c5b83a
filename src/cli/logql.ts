import { Command } from 'commander';
import { logqlOf } from '../logs/index.ts';
import { addFilterOptions, conditionOfOptions } from './filter-options.ts';
import { addLogConfigOption } from './log-config-option.ts';
import { flowLogSinkOf, type LogServerOptions } from './log-server-options.ts';
import { writeLines } from './standard-output.ts';

/** `weir logql`: prints the query for the flows in Loki that pass the filters. */
export function logqlCommand(): Command {
  const command = new Command('logql')
    .description('print the LogQL query for flows that pass filters')
    .action(async (options: LogServerOptions) => {
      await writeLines([logqlOf(conditionOfOptions({ ...options }), flowLogSinkOf('loki', options))]);
    });
  addLogConfigOption(command, 'loki');
  addFilterOptions(command);
  return command.addHelpText(
    'after',
    `
The query is for lines of "weir aggregator" with the default options. If its configuration has other labels, metadata or omit, name it
with --config. Paste the query into Grafana's Explore, or pass it to logcli. "weir flows --from loki" runs it.

Examples:
  weir logql --action drop --namespace shop
  weir logql --dst 198.51.100.0/24 --dst 2001:db8::/32 --proto tcp
  weir logql --peer shop/web-0 --dst '!10.0.0.0/8'
  logcli query "$(weir logql --dst svc:shop/web --min-octets 1000000)" --since 2h`,
  );
}
