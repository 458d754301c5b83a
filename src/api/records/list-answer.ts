import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type Clock, printableJson } from '../../runtime/index.ts';

/** A client that takes nothing for this long is disconnected. */
const STALL_MS = 30_000;

/** A JSON list that is sent in pieces, a line for each item. Between two pieces others have their turn. */
export class ListAnswer {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #headers: Readonly<Record<string, string>>;
  #items: string[] = [];
  #hasBegun = false;

  constructor(response: ServerResponse, clock: Clock, headers: Readonly<Record<string, string>> = {}) {
    this.#response = response;
    this.#clock = clock;
    this.#headers = headers;
  }

  add(item: object): void {
    this.#items.push(printableJson(item));
  }

  /** Sends what there is, and waits until the client takes it. */
  async flush(): Promise<void> {
    if (this.#items.length > 0 && !this.#write(this.#text())) await this.#drained();
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }

  end(): void {
    this.#write(this.#hasBegun ? '\n]\n' : '[]\n');
    this.#response.end();
  }

  #text(): string {
    const text = `${this.#hasBegun ? ',\n' : '[\n'}${this.#items.join(',\n')}`;
    this.#items = [];
    return text;
  }

  #write(text: string): boolean {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, {
        ...this.#headers,
        'content-type': 'application/json',
        'cache-control': 'no-store',
      });
    }
    this.#hasBegun = true;
    return this.#response.write(text);
  }

  async #drained(): Promise<void> {
    if (this.#response.destroyed) return;
    const cancel = this.#clock.after(STALL_MS, () => this.#response.destroy());
    const settled = new AbortController();
    const { signal } = settled;
    const events = ['drain', 'close'].map((event) => once(this.#response, event, { signal }));
    await Promise.race(events).catch(() => {});
    settled.abort();
    cancel();
  }
}
