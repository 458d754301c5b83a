import { Command } from 'commander';
import { logsqlOf } from '../logs/index.ts';
import { addFilterOptions, conditionOfOptions } from './filter-options.ts';
import { addLogConfigOption } from './log-config-option.ts';
import { flowLogSinkOf, type LogServerOptions } from './log-server-options.ts';
import { writeLines } from './standard-output.ts';

/** `weir logsql`: prints the query for the flows in VictoriaLogs that pass the filters. */
export function logsqlCommand(): Command {
  const command = new Command('logsql')
    .description('print the LogsQL query for flows that pass filters')
    .action(async (options: LogServerOptions) => {
      await writeLines([
        logsqlOf(conditionOfOptions({ ...options }), flowLogSinkOf('victoriaLogs', options)),
      ]);
    });
  addLogConfigOption(command, 'victoriaLogs');
  addFilterOptions(command);
  return command.addHelpText(
    'after',
    `
The query is for lines of "weir aggregator" with the default options. If its configuration has other streamFields, fields or omit, name it
with --config. Paste the query into VictoriaLogs' UI, /select/vmui, or send it to /select/logsql/query. "weir flows --from victorialogs"
runs it. IPv6 CIDRs need VictoriaLogs 1.45 or later.

Examples:
  weir logsql --action drop --namespace shop
  weir logsql --dst 198.51.100.0/24 --dst 2001:db8::/32 --proto tcp
  weir logsql --peer shop/web-0 --dst '!10.0.0.0/8'
  curl http://127.0.0.1:9428/select/logsql/query -d start=2h \\
    --data-urlencode "query=$(weir logsql --dst svc:shop/web --min-octets 1000000)"`,
  );
}
