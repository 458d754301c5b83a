import { type Ends, fillBuffers, ipfixPort } from './metered-ends.ts';
import type { Program } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

/** A softflowd that watches the server's device, and exports to the server's loopback. */
export class Softflowd implements AsyncDisposable {
  readonly #ends: Ends;
  readonly #program: Program;
  readonly #controlSocket: string;

  private constructor(ends: Ends, program: Program, controlSocket: string) {
    this.#ends = ends;
    this.#program = program;
    this.#controlSocket = controlSocket;
  }

  static async start(
    ends: Ends,
    directory: TemporaryDirectory,
    { version, options = [] }: { version: 5 | 9 | 10; options?: readonly string[] },
  ): Promise<Softflowd> {
    const controlSocket = directory.file(`softflowd${version}.ctl`);
    const files = ['-p', directory.file(`softflowd${version}.pid`), '-c', controlSocket];
    const target = ['-n', `127.0.0.1:${ipfixPort}`];
    const format = ['-v', String(version), '-6', ...options];
    const program = ends.server.start(['softflowd', '-d', '-i', 'eth0', ...format, ...target, ...files]);
    await program.says(/starting data collection/);
    return new Softflowd(ends, program, controlSocket);
  }

  /** Exports every flow and ends. The kernel keeps the last packets back until many others follow. */
  async finish(): Promise<void> {
    const { received } = await this.#statistics();
    await fillBuffers(this.#ends);
    await until('the last packet', async () => (await this.#statistics()).taken >= received);
    await this.#control('shutdown');
    await this.#program.ended;
  }

  async #statistics() {
    const text = await this.#control('statistics');
    const number = (name: string) => Number(text.match(new RegExp(`^${name}: (\\d+)`, 'm'))![1]);
    const taken = number('Packets processed') + number('Ignored packets');
    return { received: number('Packets received by libpcap'), taken };
  }

  #control(command: string): Promise<string> {
    return this.#ends.server.run(['softflowctl', '-c', this.#controlSocket, command]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
