import { writeFileSync } from 'node:fs';
import type { ProcessLogOptions } from '../../src/logs/index.ts';
import { LastingVictoriaLogs } from './lasting-victoria-logs.ts';
import { type Loki, type LokiOptions, startLoki } from './loki.ts';
import type { Labels } from './prometheus.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** An entry of a program's own log, as a server has it. */
export interface StoredEntry {
  readonly text: string;
  /** All else, labels counted in, and numbers as their digits. */
  readonly fields: Labels;
}

/** A server that takes a program's own log. */
export interface ProcessLogStore extends AsyncDisposable {
  /** Its configuration, under `weir.log.loki`. */
  readonly target: Pick<ProcessLogOptions, 'url' | 'headersFile'>;
  /**
   * The entries with these fields in streams with these labels, in the order of logging.
   */
  entries(labels: Labels, fields?: Labels): Promise<StoredEntry[]>;
  /** Streams that have these labels, each as {a="b",c="d"}. */
  streams(labels: Labels): Promise<string[]>;
  /** Ends the server; its data stays. */
  goAway(): Promise<void>;
  /** Starts it again, at the same address. */
  comeBack(): Promise<void>;
}

export async function lokiStore(): Promise<ProcessLogStore> {
  const directory = new TemporaryDirectory();
  const options: LokiOptions = { dataDirectory: directory.file('data') };
  let loki: Loki = await startLoki(options);
  const port = Number(new URL(loki.url).port);
  return {
    target: { url: loki.url },
    entries: async (labels, fields = {}) => {
      const filters = Object.entries(fields).map(([name, value]) => ` | ${name}=${JSON.stringify(value)}`);
      const lines = await loki.lines(`${braced(labels)} | json${filters.join('')}`);
      const entries = lines.map(({ line, labels: found }) => {
        if ('__error__' in found) throw new Error(`Loki cannot read ${line}`);
        // from the line itself: in a label, Loki leaves out some characters
        const { text, ...others } = JSON.parse(line) as { text: string };
        const texts = Object.entries(others).map(([name, value]) => [name, String(value)]);
        return { text, fields: { ...found, ...Object.fromEntries(texts) } };
      });
      return inOrder(entries);
    },
    streams: async (labels) => (await loki.streams(braced(labels))).map(braced).sort(),
    goAway: () => loki.stop(),
    comeBack: async () => {
      loki = await startLoki({ ...options, port });
    },
    [Symbol.asyncDispose]: async () => {
      await loki.stop();
      directory[Symbol.dispose]();
    },
  };
}

export async function victoriaLogsStore(): Promise<ProcessLogStore> {
  const directory = new TemporaryDirectory();
  const headersFile = directory.file('headers');
  writeFileSync(headersFile, 'VL-Msg-Field: text\n');
  const lasting = await LastingVictoriaLogs.start();
  return {
    target: { url: `${lasting.server.url}/insert`, headersFile },
    entries: async (labels, fields = {}) => {
      const filters = Object.entries(fields).map(([name, value]) => ` ${name}:=${JSON.stringify(value)}`);
      await lasting.server.flush();
      const rows = await lasting.server.query(`${braced(labels)}${filters.join('')}`);
      return inOrder(rows.map(({ _msg: text, ...others }) => ({ text: text!, fields: others })));
    },
    streams: (labels) => lasting.server.streams(braced(labels)),
    goAway: async () => {
      await lasting.end('SIGTERM');
    },
    comeBack: () => lasting.startAgain(),
    [Symbol.asyncDispose]: async () => {
      await lasting[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** As both servers write labels, and select by them. */
function braced(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.sort().join(',')}}`;
}

/** Servers receive milliseconds, and need no order within one. */
const inOrder = (entries: StoredEntry[]): StoredEntry[] =>
  entries.sort((one, other) => Number(one.fields.sequence) - Number(other.fields.sequence));
