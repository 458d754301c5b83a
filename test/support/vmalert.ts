import { writeFileSync } from 'node:fs';
import { serverProgram } from './built-servers.ts';
import { HttpApi } from './http-api.ts';
import { Program } from './program.ts';
import type { Labels } from './prometheus.ts';
import { listenAddress, Server, type ServerPlace, startServer } from './server.ts';

/*
 * A real vmalert, for tests that require('vmalert'):
 *
 *   await using vmalert = await startVmalert({
 *     rules,
 *     datasource: victoriaLogs.url,
 *     alertmanager: alertmanager.address,
 *   });
 *   await until('an alert', async () => (await vmalert.alerts()).length > 0);
 */

export interface VmalertOptions extends ServerPlace {
  /** Rule files by name. */
  rules: Readonly<Record<string, string>>;
  /** The address of a VictoriaLogs. */
  datasource: string;
  /** host:port of the Alertmanager. */
  alertmanager: string;
  /** Further flags: { 'rule.evalDelay': '5s' }. */
  flags?: Readonly<Record<string, string>>;
}

export interface VmalertRule {
  name: string;
  query: string;
  health: string;
  lastError: string;
  /** When it was last evaluated; 0001-01-01T00:00:00Z when never. */
  lastEvaluation: string;
}

export interface VmalertAlert {
  name: string;
  state: 'pending' | 'firing';
  labels: Labels;
  annotations: Labels;
  value: string;
}

export async function startVmalert(options: VmalertOptions): Promise<Vmalert> {
  const { server, said } = await startServer(
    options,
    (directory) => {
      for (const [name, text] of Object.entries(options.rules)) writeFileSync(directory.file(name), text);
      return [
        serverProgram('vmalert'),
        `-rule=${directory.file('*.yaml')}`,
        `-httpListenAddr=${listenAddress(options)}`,
        `-datasource.url=${options.datasource}`,
        `-notifier.url=http://${options.alertmanager}`,
        ...flagsOf(options.flags),
      ];
    },
    [/started server at (http:\/\/\S+?)\/\s/],
  );
  return new Vmalert(server, new HttpApi(said[0]![1]!, options.namespace));
}

export class Vmalert extends Server {
  readonly #api: HttpApi;

  constructor({ program, directory }: Server, api: HttpApi) {
    super(program, directory);
    this.#api = api;
  }

  async rules(): Promise<VmalertRule[]> {
    const { data } = await this.#api.getJson<{ data: { groups: { rules: VmalertRule[] }[] } }>(
      '/api/v1/rules',
    );
    return data.groups.flatMap(({ rules }) => rules);
  }

  async alerts(): Promise<VmalertAlert[]> {
    return (await this.#api.getJson<{ data: { alerts: VmalertAlert[] } }>('/api/v1/alerts')).data.alerts;
  }
}

/**
 * Has vmalert check its flags and rule files: their form, the LogsQL of their expressions and the templates
 * of their texts.
 * @param args as on the command line; in a path of -rule * stands for any part of a name
 * @throws {Error} with what is wrong
 */
export async function checkVmalert(...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await new Program([serverProgram('vmalert'), ...args, '-dryRun']).ended;
  if (code !== 0) throw new Error(`${stdout}${stderr}`); // complaints about flags are on stdout
}

const flagsOf = (flags: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
