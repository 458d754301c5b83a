import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { NetworkNamespace } from '../../test/support/namespace.ts';
import { until } from '../../test/support/until.ts';
import type { NotifiedAlert } from '../../test/support/webhook.ts';

/** An alert as it came to the webhook. */
export interface Page extends NotifiedAlert {
  /** Milliseconds since 1970. */
  arrivedAtMs: number;
}

/** Whom Alertmanager notifies: a webhook in a namespace. It tells of each alert when it fires and when it is over. */
export class Pager {
  readonly pages: Page[] = [];
  readonly #server: Server;

  constructor(namespace: NetworkNamespace, port: number, tell: (page: Page) => void) {
    this.#server = createServer(async (request, response) => {
      const { alerts } = JSON.parse(await text(request)) as { alerts: NotifiedAlert[] };
      response.end();
      for (const alert of alerts) {
        if (this.pages.some((page) => isSame(page, alert))) continue; // each notification repeats its whole group
        const page = { ...alert, arrivedAtMs: Date.now() };
        this.pages.push(page);
        tell(page);
      }
    });
    namespace.enter(() => this.#server.listen(port)); // without a host the socket is made at once, so inside
  }

  /** Waits for the page of an alert with these labels. */
  paged(labels: Record<string, string>, status: Page['status'], timeoutMs: number): Promise<Page> {
    const isWanted = (page: Page) =>
      page.status === status && Object.entries(labels).every(([name, value]) => page.labels[name] === value);
    const what = `${labels.alertname} to be ${status}`;
    return until(what, () => this.pages.find(isWanted), { timeoutMs });
  }
}

function isSame(page: Page, { status, startsAt, labels }: NotifiedAlert): boolean {
  return (
    page.status === status &&
    page.startsAt === startsAt &&
    JSON.stringify(page.labels) === JSON.stringify(labels)
  );
}
