import { statSync } from 'node:fs';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

export interface CaptureOptions {
  namespace: NetworkNamespace;
  /** A device's name. */
  device: string;
  /** The path of the pcap file. */
  file: string;
  /** A pcap filter, e.g. 'udp port 4739'; everything without one. */
  filter?: string;
}

/** What tcpdump reports of its packets. */
interface Report {
  /** In the file. */
  readonly captured: number;
  /** Once for each packet; on loopback for each that leaves and for each that arrives. */
  readonly received: number;
}

/** A running tcpdump. `stop` returns when all packets that its kernel has seen are in the file. */
export class Capture implements AsyncDisposable {
  readonly file: string;
  readonly #tcpdump: Program;
  readonly #isLoopback: boolean;

  constructor(file: string, tcpdump: Program, isLoopback: boolean) {
    this.file = file;
    this.#tcpdump = tcpdump;
    this.#isLoopback = isLoopback;
  }

  /** Octets of the file so far; each packet is written at once. */
  get octets(): number {
    return statSync(this.file).size;
  }

  /** Returns the number of packets in the file. Throws when the kernel dropped any. */
  async stop(): Promise<number> {
    await this.#read();
    const { stderr } = await this.#tcpdump.stop('SIGINT');
    const count = (what: string) => Number(stderr.match(new RegExp(`(\\d+) packets? ${what}`))?.[1]);
    if (count('dropped by kernel') !== 0) throw new Error(`the capture is not whole: ${stderr}`);
    return count('captured');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tcpdump.stop('SIGINT');
  }

  /** At SIGINT tcpdump drops the packets that it has not read yet, which a busy machine makes many. */
  async #read(): Promise<void> {
    const { received } = await this.#report();
    const packets = this.#isLoopback ? received / 2 : received;
    await until('tcpdump to have read all packets', async () => (await this.#report()).captured >= packets);
  }

  async #report(): Promise<Report> {
    const before = this.#reports().length;
    this.#tcpdump.process.kill('SIGUSR1');
    return until('a report of tcpdump', () => this.#reports()[before]);
  }

  #reports(): Report[] {
    const lines = this.#tcpdump.stderr.matchAll(
      /(\d+) packets? captured, (\d+) packets? received by filter/g,
    );
    return [...lines].map(([, captured, received]) => ({
      captured: Number(captured),
      received: Number(received),
    }));
  }
}

/** Starts tcpdump in a namespace; it is listening when this returns. */
export async function startCapture({ namespace, device, file, filter }: CaptureOptions): Promise<Capture> {
  // -U writes each packet when it is seen, --immediate-mode sees it at once. A slot of the kernel's buffer is
  // then as large as the largest packet (-s, octets), so the buffer (-B, KiB) has 1,024 of them. -Z lets it
  // write into the test's directory.
  const options = ['-U', '--immediate-mode', '-s', '65535', '-B', '65536', '-Z', 'root'];
  const tcpdump = namespace.start([
    'tcpdump',
    '-i',
    device,
    '-w',
    file,
    ...options,
    ...(filter === undefined ? [] : [filter]),
  ]);
  await tcpdump.says(/listening on/);
  await until(`${file}`, () => statSync(file, { throwIfNoEntry: false }));
  return new Capture(file, tcpdump, device === 'lo');
}
