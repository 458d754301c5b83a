import { readCredentials, readHttpUrl } from '../http/index.ts';
import {
  type FlowLogKind,
  type FlowLogOptions,
  flowLogKinds,
  type LogServerName,
  logServers,
  readPushCredentials,
  readTenant,
} from '../logs/index.ts';
import { WeirError } from '../runtime/index.ts';
import { expectKind, loadAggregatorSettings, readConfigFile, unwrapConfigMap } from './config/index.ts';
import { defaultLogServers } from './default-addresses.ts';

/** Options of commands that query the server in which an aggregator logs flows. */
export interface LogServerOptions {
  readonly config?: string;
  readonly server?: string;
  readonly tenant?: string;
  readonly headersFile?: string;
}

/** The configuration's first sink for a server; without a configuration, the defaults. */
export function flowLogSinkOf(server: LogServerName, { config }: LogServerOptions): Partial<FlowLogOptions> {
  if (config === undefined) return {};
  const { code, section, title } = logServers[server];
  const text = readConfigFile(config);
  expectKind('aggregator', unwrapConfigMap(text), config);
  const { settings } = loadAggregatorSettings(text, config);
  const kind: FlowLogKind = flowLogKinds[server];
  const sink = settings.sinks.find((each) => each.kind === kind);
  if (sink !== undefined) return kind.flowLogOptions(sink.values);
  throw new WeirError(
    `WEIR_CONFIG_NO_${code}`,
    `${config}: expected a sink ${section} under weir.sinks, found none`,
    {
      remedy: `Name the file of an aggregator that logs flows in ${title}, or leave --config out for Weir's defaults.`,
    },
  );
}

/** The server's base URL: from option, environment or configuration. */
export function logServerUrl(
  server: LogServerName,
  options: LogServerOptions,
  sink: Partial<FlowLogOptions>,
): string {
  const { code, pushPath, title } = logServers[server];
  const text = options.server ?? process.env[`WEIR_${code}`] ?? sink.url ?? defaultLogServers[server];
  const url = readHttpUrl(text);
  if (url === undefined || `${url.username}${url.password}` !== '') {
    const found = url === undefined ? `"${text}"` : 'one with credentials';
    throw new WeirError('WEIR_USAGE_SERVER', `--server: expected the URL of a ${title}, found ${found}`, {
      remedy: `Write it as ${defaultLogServers[server]}, and credentials into a file for --headers-file.`,
    });
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  if (url.pathname.endsWith(pushPath)) url.pathname = url.pathname.slice(0, -pushPath.length);
  return `${url.origin}${url.pathname}`;
}

/**
 * The headers of each query: those that the configuration's sink sends with its pushes, unless options
 * override them.
 * @throws {WeirError} WEIR_USAGE_HEADERS, WEIR_LOKI_FILE, WEIR_VICTORIALOGS_FILE when a file cannot be read
 * or a line is not a header, WEIR_USAGE_TENANT
 */
export async function logServerHeaders(
  server: LogServerName,
  options: LogServerOptions,
  sink: Partial<FlowLogOptions>,
): Promise<Record<string, string>> {
  const tenant = options.tenant === undefined ? sink.tenant : tenantOf(server, options.tenant);
  const { headersFile, username, passwordFile, bearerTokenFile } = sink;
  const ofSink = await readPushCredentials({
    url: defaultLogServers[server],
    server,
    ...(headersFile !== undefined && options.headersFile === undefined && { headersFile }),
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && { passwordFile }),
    ...(bearerTokenFile !== undefined && { bearerTokenFile }),
  });
  const given = await readCredentials(
    options.headersFile === undefined ? {} : { headersFile: options.headersFile },
    { code: 'WEIR_USAGE_HEADERS', purpose: logServers[server].title, section: '--headers-file' },
  );
  return {
    ...ofSink.headers,
    ...given.headers,
    ...(tenant !== undefined && logServers[server].tenantHeaders(tenant)),
  };
}

function tenantOf(server: LogServerName, text: string): string {
  const tenant = readTenant(server, text);
  if (tenant !== undefined) return tenant;
  const expected = server === 'loki' ? 'a name' : 'AccountID or AccountID:ProjectID, such as 7 or 7:2';
  throw new WeirError('WEIR_USAGE_TENANT', `--tenant: expected ${expected}, found "${text}"`);
}
