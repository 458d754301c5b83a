import { writeFileSync } from 'node:fs';
import { HttpApi } from './http-api.ts';
import { listenAddress, Server, type ServerPlace, startServer } from './server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

export interface AlertmanagerOptions extends ServerPlace {
  /** Who receives each notification: URLs, or entries of webhook_configs. */
  webhooks?: readonly (string | object)[];
  /** The root of the routing tree without its receiver. Default: all alerts as one group, sent at once. */
  route?: object;
  /** Further parts of alertmanager.yml. */
  more?: object;
}

export interface ReceivedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  status: { state: 'active' | 'suppressed' | 'unprocessed' };
  startsAt: string;
  endsAt: string;
}

/** Starts Debian's Alertmanager, alone (no cluster), and waits until it is ready. */
export async function startAlertmanager(options: AlertmanagerOptions = {}): Promise<Alertmanager> {
  const { server, said } = await startServer(
    options,
    (directory) => alertmanagerCommand(directory, options),
    [/msg="Listening on" address=(\S+)/],
  );
  return new Alertmanager(server, said[0]![1]!, options);
}

function alertmanagerCommand(directory: TemporaryDirectory, options: AlertmanagerOptions): string[] {
  const configuration = directory.file('alertmanager.yml');
  writeFileSync(configuration, alertmanagerYaml(options));
  return [
    'prometheus-alertmanager',
    `--config.file=${configuration}`,
    `--storage.path=${directory.file('data')}`,
    `--web.listen-address=${listenAddress(options)}`,
    '--cluster.listen-address=',
  ];
}

export class Alertmanager extends Server {
  /** host:port, for Prometheus's configuration. */
  readonly address: string;
  readonly #api: HttpApi;

  constructor({ program, directory }: Server, address: string, { namespace }: ServerPlace) {
    super(program, directory);
    this.address = address;
    this.#api = new HttpApi(`http://${address}`, namespace);
  }

  /** Notifications that webhooks were sent, and those of them that failed. */
  async notifications(): Promise<{ readonly sent: number; readonly failed: number }> {
    const webhook = { integration: 'webhook' };
    return {
      sent: await this.#api.metric('alertmanager_notifications_total', webhook),
      failed: await this.#api.metric('alertmanager_notifications_failed_total', webhook),
    };
  }

  /** Takes alerts as a Prometheus sends them. */
  async post(alerts: readonly object[]): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await this.#api.send('POST', '/api/v2/alerts', headers, JSON.stringify(alerts));
    if (status !== 200) throw new Error(`Alertmanager answered ${status}: ${body}`);
  }

  /** The alerts that it has received and that are not over. */
  alerts(): Promise<ReceivedAlert[]> {
    return this.#api.getJson('/api/v2/alerts');
  }
}

function alertmanagerYaml({ webhooks = [], route, more }: AlertmanagerOptions): string {
  const atOnce = { group_wait: '0s', group_interval: '1s', repeat_interval: '1h' };
  return JSON.stringify({
    ...more,
    route: { receiver: 'webhooks', ...(route ?? atOnce) },
    receivers: [
      {
        name: 'webhooks',
        webhook_configs: webhooks.map((hook) => (typeof hook === 'string' ? { url: hook } : hook)),
      },
    ],
  }); // JSON is YAML
}
