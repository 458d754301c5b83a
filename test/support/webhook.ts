import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { NetworkNamespace } from './namespace.ts';
import { type Patience, until } from './until.ts';

/** An alert of a notification, as Alertmanager's webhook format has it. */
export interface NotifiedAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}

export interface Notification {
  /** Milliseconds since 1970. */
  arrivedAtMs: number;
  status: 'firing' | 'resolved';
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  alerts: NotifiedAlert[];
}

/**
 * A webhook that keeps an Alertmanager's notifications. It listens on a free loopback port, in a namespace if
 * given.
 */
export async function startWebhook(namespace?: NetworkNamespace): Promise<Webhook> {
  const notifications: Notification[] = [];
  const keep = async (request: IncomingMessage) => {
    const arrivedAtMs = Date.now();
    notifications.push({ ...JSON.parse(await text(request)), arrivedAtMs });
  };
  const server = createServer((request, response) => {
    keep(request).then(
      () => response.writeHead(200).end(),
      (error) => response.writeHead(400).end(String(error)),
    );
  });
  const listening = new Promise<void>((resolve) => server.once('listening', resolve));
  // Without a host the socket is created at once, so inside the namespace.
  if (namespace === undefined) server.listen(0, '127.0.0.1');
  else namespace.enter(() => server.listen(0));
  await listening;
  return new Webhook(server, notifications);
}

export class Webhook implements AsyncDisposable {
  readonly url: string;
  /** In the order of their arrival. */
  readonly notifications: readonly Notification[];
  readonly #server: Server;

  constructor(server: Server, notifications: readonly Notification[]) {
    this.#server = server;
    this.notifications = notifications;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  /**
   * Waits for the first notification that this alert, with at least these labels, fires or is resolved.
   */
  notified(
    alert: string,
    status: NotifiedAlert['status'],
    { labels = {}, ...patience }: Patience & { labels?: Record<string, string> } = {},
  ): Promise<NotifiedAlert & Pick<Notification, 'arrivedAtMs'>> {
    const wanted = Object.entries({ alertname: alert, ...labels });
    return until(`a notification that ${alert} is ${status}`, () => this.#find(wanted, status), patience);
  }

  #find(wanted: [label: string, value: string][], status: NotifiedAlert['status']) {
    for (const { alerts, arrivedAtMs } of this.notifications) {
      const found = alerts.find(
        (one) => one.status === status && wanted.every(([label, value]) => one.labels[label] === value),
      );
      if (found) return { ...found, arrivedAtMs };
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
