import { type Command, Option } from 'commander';
import type { LokiSinkOptions } from '../logs/index.ts';
import { readCredentials, WeirError } from '../runtime/index.ts';
import { loadAggregatorSettings, readConfigFile } from './config/index.ts';

export interface LokiOptions {
  readonly config?: string;
  readonly tenant?: string;
  readonly headersFile?: string;
}

const DEFAULT_LOKI = 'http://127.0.0.1:3100';

/** Where to read how flows are logged, when that is not the default. */
export function addLogConfigOption(command: Command, of = ''): Command {
  return command.addOption(
    new Option('-c, --config <file>', `${of}the aggregator's configuration, whose first sink loki is meant`),
  );
}

/** The first sink `loki` of the configuration; without a configuration, what is so by default. */
export function lokiSinkOf({ config }: LokiOptions): Partial<LokiSinkOptions> {
  if (config === undefined) return {};
  const { settings } = loadAggregatorSettings(readConfigFile(config), config);
  for (const { kind } of settings.sinks) if ('loki' in kind) return kind.loki;
  throw new WeirError('WEIR_CONFIG_NO_LOKI', `${config}: expected a sink loki under weir.sinks, found none`, {
    remedy:
      "Name the file of an aggregator that logs flows in Loki, or leave --config out for Weir's defaults.",
  });
}

/** The base of the Loki that is meant: by option, environment or configuration. */
export function lokiUrl(server: string | undefined, sink: Partial<LokiSinkOptions>): string {
  const url = server ?? process.env.WEIR_LOKI ?? sink.url ?? DEFAULT_LOKI;
  if (URL.canParse(url)) return url.replace(/\/loki\/api\/v1\/push\/?$/, '');
  throw new WeirError('WEIR_USAGE_SERVER', `--server: expected the URL of a Loki, found "${url}"`, {
    remedy: `Write it as ${DEFAULT_LOKI}.`,
  });
}

/** @throws {WeirError} WEIR_USAGE_HEADERS when the file cannot be read or has a line that is no header */
export async function lokiHeaders(
  options: LokiOptions,
  sink: Partial<LokiSinkOptions>,
): Promise<Record<string, string>> {
  const headersFile = options.headersFile ?? sink.headersFile;
  const tenant = options.tenant ?? sink.tenant;
  const { headers } = await readCredentials(headersFile === undefined ? {} : { headersFile }, {
    code: 'WEIR_USAGE_HEADERS',
    purpose: 'Loki',
    section: '--headers-file',
  });
  return { ...headers, ...(tenant !== undefined && { 'x-scope-orgid': tenant }) };
}
