import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A decoding-loki.ts in its own process, so that its work does not count as the sender's. */
export class DecodingServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(): Promise<DecodingServer> {
    const process = fork(new URL('decoding-loki.ts', import.meta.url), { execArgv: [] });
    const [{ url }] = (await once(process, 'message')) as [{ url: string }];
    return new DecodingServer(url, process);
  }

  /** Lines that have arrived. */
  async lines(): Promise<number> {
    const answer = once(this.#process, 'message');
    this.#process.send('lines');
    const [{ lines }] = (await answer) as [{ lines: number }];
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}
