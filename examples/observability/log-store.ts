import type { TemporaryDirectory } from '../../test/support/temporary-directory.ts';
import { loki } from './loki.ts';
import { victoriaLogs } from './victoria-logs.ts';

/** A program that the example starts. */
export interface StoreProgram {
  /** Where it is on this machine, if anywhere. */
  find(): string | undefined;
  /** What to do where it is not. */
  readonly remedy: string;
  /** What comes behind its name. The folder has the files of the example. */
  options(directory: TemporaryDirectory): string[];
  /** What it says when it serves. */
  readonly ready: RegExp;
}

/** A server that keeps flows as lines, and how the example asks it. */
export interface LogStore extends StoreProgram {
  readonly title: string;
  /** What it listens on. */
  readonly port: number;
  /** The file of this folder with which the aggregator logs to it. */
  readonly aggregatorFile: string;
  /** Evaluates the rules over lines, where the server does not do that itself. */
  readonly ruler?: StoreProgram;
  /** Where a browser sees the last flows, behind its URL. */
  readonly lastFlows: string;
  /** Who has sent most in the last seconds; undefined when it has no lines of them. The URL has no slash at the end. */
  biggestSender(url: string, seconds: number): Promise<Sender | undefined>;
}

/** What no series says: addresses and a port. */
export interface Sender {
  sourceIP: string;
  destinationIP: string;
  destinationTransportPort: string;
  protocol: string;
  octets: number;
}

export const logStores: Readonly<Record<string, LogStore>> = { victorialogs: victoriaLogs, loki };
