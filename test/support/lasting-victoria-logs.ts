import { TemporaryDirectory } from './temporary-directory.ts';
import { startVictoriaLogs, type VictoriaLogs } from './victoria-logs.ts';

/** A VictoriaLogs that keeps its data folder and port across restarts. */
export class LastingVictoriaLogs implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  #flags: Readonly<Record<string, string>>;
  #server: VictoriaLogs | undefined;

  private constructor(flags: Readonly<Record<string, string>>) {
    this.#flags = flags;
  }

  static async start(flags: Readonly<Record<string, string>> = {}): Promise<LastingVictoriaLogs> {
    const lasting = new LastingVictoriaLogs(flags);
    await lasting.startAgain();
    return lasting;
  }

  get server(): VictoriaLogs {
    return this.#server!;
  }

  /** @param flags instead of the former ones */
  async startAgain(flags = this.#flags): Promise<void> {
    this.#flags = flags;
    const port = this.#server === undefined ? 0 : Number(new URL(this.#server.url).port);
    const dataDirectory = this.#directory.file('data');
    this.#server = await startVictoriaLogs({ dataDirectory, port, flags: this.#flags });
  }

  /** With SIGKILL it loses what is only in memory, with SIGTERM nothing. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<unknown> {
    return this.server.program.stop(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    this.#directory[Symbol.dispose]();
  }
}
