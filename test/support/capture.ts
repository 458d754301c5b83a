import { statSync } from 'node:fs';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

export interface CaptureOptions {
  namespace: NetworkNamespace;
  /** A device's name, or 'any'. */
  device: string;
  /** Where the pcap file is written. */
  file: string;
  /** A pcap filter, e.g. 'udp port 4739'. Everything without it. */
  filter?: string;
}

/** A tcpdump that is listening. `stop` returns when the packets that it has seen are in the file. */
export class Capture implements AsyncDisposable {
  readonly file: string;
  readonly #tcpdump: Program;

  constructor(file: string, tcpdump: Program) {
    this.file = file;
    this.#tcpdump = tcpdump;
  }

  /** Octets of the file so far; each packet is written as it is seen. */
  get octets(): number {
    return statSync(this.file).size;
  }

  /** Returns the number of packets in the file. Throws when the kernel dropped any. */
  async stop(): Promise<number> {
    const { stderr } = await this.#tcpdump.stop('SIGINT');
    const count = (what: string) => Number(stderr.match(new RegExp(`(\\d+) packets? ${what}`))?.[1]);
    if (count('dropped by kernel') !== 0) throw new Error(`the capture is not whole: ${stderr}`);
    return count('captured');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tcpdump.stop('SIGINT');
  }
}

/** Starts tcpdump in a namespace; it is listening when this returns. */
export async function startCapture({ namespace, device, file, filter }: CaptureOptions): Promise<Capture> {
  // packet-buffered; as root, or it could not write into the test's directory; 16 MiB of kernel buffer; handed over at once
  const options = ['-U', '-Z', 'root', '-B', '16384', '--immediate-mode', '-s', '0'];
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
  return new Capture(file, tcpdump);
}
