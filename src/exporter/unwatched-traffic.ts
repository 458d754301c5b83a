import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, describeError, expectGuardedFolder, type Log, NO_LINK } from '../runtime/index.ts';
import type { Coverage } from './coverage.ts';

const NAME = 'agent';
const FILE = 'last-reading.json';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

export interface UnwatchedTrafficParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly coverage: Coverage;
}

/** An agent's last reading of its host's counter of IP packets. */
interface LastReading {
  /** Of the boot, and of the network namespace: the counter began with the later of the two. */
  readonly bootId: string;
  readonly namespace: number;
  readonly ipPackets: number;
  /** The host's clock at that time, in ISO 8601. */
  readonly at: string;
}

/**
 * Counts the IP packets that passed while no agent ran. Each poll saves the host's counter in a file, from
 * which the next agent continues, however this one ends. An agent may be killed up to one poll interval after
 * its last reading, so the number may include packets that it reported.
 */
export class UnwatchedTraffic {
  readonly #directory: string;
  readonly #namespace: string;
  readonly #parts: UnwatchedTrafficParts;
  #bootId = '';
  #hasBegun = false;

  /** @param namespace path of the watched network namespace; default the process's own */
  constructor(directory: string, namespace: string | undefined, parts: UnwatchedTrafficParts) {
    this.#directory = directory;
    this.#namespace = namespace ?? '/proc/self/ns/net';
    this.#parts = parts;
  }

  /**
   * Reports what passed since the last reading of an earlier agent. Call it once the counter has been read.
   * @throws WeirError WEIR_FOLDER_OPEN_TO_ALL; what `mkdir` throws
   */
  async begin(): Promise<void> {
    const { clock, log, coverage } = this.#parts;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await expectGuardedFolder(this.#directory, false);
    this.#bootId = (await readFile(BOOT_ID, 'utf8')).trim();
    const now = await this.#now('first');
    const before = await this.#readFile();
    this.#hasBegun = true; // from now on the file may be written
    if (now !== undefined && before !== undefined) {
      const isSameCounter = before.bootId === now.bootId && before.namespace === now.namespace;
      const goesOn = isSameCounter && before.ipPackets <= now.ipPackets;
      const packets = goesOn ? now.ipPackets - before.ipPackets : now.ipPackets;
      const since = goesOn ? before.at : `${before.at}, and the host or its network namespace restarted,`;
      const level = packets > 0 ? 'warn' : 'info';
      log[level](
        NAME,
        `no agent ran from ${since} to ${new Date(clock.now()).toISOString()}: ${packets} IP packets passed meanwhile`,
      );
      coverage.passUnwatched(packets);
    }
  }

  /** Saves the last reading for the next agent. */
  async save(): Promise<void> {
    if (!this.#hasBegun) return;
    const { log } = this.#parts;
    try {
      const reading = await this.#now('last');
      if (reading === undefined) return;
      const path = join(this.#directory, FILE);
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(reading)}\n`);
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    } catch (error) {
      const text = `${this.#directory} could not be written, so that the next agent may not know what passed in between`;
      log.limited(NAME, 'last reading', `${text}: ${describeError(error)}`);
    }
  }

  async #now(which: 'first' | 'last'): Promise<LastReading | undefined> {
    const { clock, coverage } = this.#parts;
    const ipPackets = coverage.readings?.[which];
    if (ipPackets === undefined) return undefined;
    const { ino: namespace } = await stat(this.#namespace);
    return { bootId: this.#bootId, namespace, ipPackets, at: new Date(clock.now()).toISOString() };
  }

  /** Undefined when there is none, which is logged. */
  async #readFile(): Promise<LastReading | undefined> {
    try {
      const file = await open(join(this.#directory, FILE), NO_LINK);
      try {
        const { bootId, namespace, ipPackets, at } = JSON.parse(await file.readFile('utf8')) as LastReading;
        if (!Number.isSafeInteger(ipPackets) || Number.isNaN(Date.parse(at))) throw new Error('no reading');
        return { bootId, namespace, ipPackets, at: new Date(at).toISOString() };
      } finally {
        await file.close();
      }
    } catch (error) {
      const reason =
        (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none is there' : describeError(error);
      const text =
        'the number of packets before this start is unknown, because the last reading of an agent is missing';
      this.#parts.log.info(NAME, `${text} in ${this.#directory} (${reason})`);
      return undefined;
    }
  }
}
