import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { serverProgram } from './built-servers.ts';
import { octetsBelow } from './octets-below.ts';
import { Program } from './program.ts';

/** Names the folder in which `npm test` keeps the captured pushes. */
export const pushesVariable = 'WEIR_TEST_PUSHES';

/** Approximate bound of a folder: each test process knows its initial content, and what it has added. */
const mostOfARun = { pushes: 5_000, octets: 32 * 1_048_576 };

/** A push as Loki's own types read it, reported by the program loki-push. */
export interface ReadPush {
  readonly file: string;
  readonly streams: readonly ReadStream[];
}

export interface ReadStream {
  /** As it was sent. */
  readonly selector: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entries: readonly ReadEntry[];
}

export interface ReadEntry {
  readonly timeNs: string;
  readonly line: string;
  readonly metadata: readonly (readonly [name: string, value: string])[];
}

/**
 * A folder of pushes as they were sent: a file for each, named by its digest, so that repeated pushes are
 * kept once.
 */
export class CapturedPushes {
  readonly directory: string;
  /** An octet for each push for which there was no room. */
  readonly #leftOutFile: string;
  readonly #most: typeof mostOfARun;
  #pushes: number;
  #octets: number;

  constructor(directory: string, most = mostOfARun) {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
    this.#most = most;
    this.#leftOutFile = `${directory}.left-out`;
    this.#pushes = readdirSync(directory).length;
    this.#octets = octetsBelow(directory);
  }

  /** The folder of `npm test`; undefined when tests run otherwise. */
  static ofThisRun(): CapturedPushes | undefined {
    const directory = process.env[pushesVariable];
    return directory ? new CapturedPushes(directory) : undefined;
  }

  /** Pushes for which there was no room. */
  get leftOut(): number {
    return existsSync(this.#leftOutFile) ? statSync(this.#leftOutFile).size : 0;
  }

  keep(headers: IncomingHttpHeaders, body: Uint8Array): void {
    const digest = createHash('sha256').update(body).digest('hex');
    const file = join(this.directory, `${digest}.${suffixOf(headers)}`);
    if (existsSync(file)) return;
    if (this.#pushes >= this.#most.pushes || this.#octets + body.length > this.#most.octets) {
      appendFileSync(this.#leftOutFile, '.');
      return;
    }
    writeFileSync(file, body);
    this.#pushes++;
    this.#octets += body.length;
  }

  /**
   * Lets Loki's own types read them.
   * @returns loki-push's errors, a line for each refused push
   * @throws {Error} when it does not report each push
   */
  async read(
    tell: (push: ReadPush) => void,
    reader: readonly string[] = [serverProgram('loki-push')],
  ): Promise<string[]> {
    let rest = '';
    let read = 0;
    const program = new Program([...reader, this.directory], {
      onStdout: (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        read += lines.length;
        for (const line of lines) tell(JSON.parse(line) as ReadPush);
      },
    });
    const { code, stderr } = await program.ended;
    const refusals = stderr.split('\n').filter((line) => line !== '');
    if (code !== 0 && refusals.length === 0) throw new Error(program.account());
    const pushes = readdirSync(this.directory).length;
    if (read + refusals.length !== pushes) {
      const said = refusals.slice(0, 3).map((refusal) => `; ${refusal}`);
      throw new Error(
        `of ${pushes} pushes loki-push has read ${read} and refused ${refusals.length}${said.join('')}`,
      );
    }
    return refusals;
  }
}

/** The suffix that tells loki-push how a push was sent. */
function suffixOf(headers: IncomingHttpHeaders): string {
  if (headers['content-type'] === 'application/x-protobuf') return 'snappy';
  return headers['content-encoding'] === 'gzip' ? 'json.gz' : 'json';
}
