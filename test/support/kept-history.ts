import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  conditionOfWords,
  type FilterWords,
  type FlowRecord,
  fieldNames,
  fieldOf,
} from '../../src/flow/index.ts';
import { type Clock, systemClock } from '../../src/runtime/index.ts';
import { type FlowsWanted, History, type HistoryOptions, HistoryReader } from '../../src/store/index.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/** A directory of a history, and what it says of its troubles. */
export class HistoryPlace implements Disposable {
  readonly #place = new TemporaryDirectory();
  readonly directory = this.#place.file("history 'of' [one]*");
  readonly troubles: string[] = [];
  /** What readers left out. */
  readonly notices: string[] = [];
  readonly departed: Record<string, number> = {};

  open(options: Partial<HistoryOptions> = {}, clock: Clock = systemClock): Promise<History> {
    return History.open({
      directory: this.directory,
      maxOctets: 1e9,
      maxAgeMs: 7 * 86_400_000,
      clock,
      onTrouble: (kind, text) => this.troubles.push(`${kind}: ${text}`),
      onRemoval: (why, records) => {
        this.departed[why] = (this.departed[why] ?? 0) + records;
      },
      ...options,
    });
  }

  reader(): Promise<HistoryReader> {
    return HistoryReader.open(this.directory);
  }

  /** The paths of the files of records, without those of sums, the oldest first. */
  recordFiles(): string[] {
    const names = readdirSync(this.directory).filter((name) => /^\d+\.parquet$/.test(name));
    return names.toSorted().map((name) => join(this.directory, name));
  }

  async flows(words: FilterWords = {}, more: Omit<FlowsWanted, 'condition'> = {}): Promise<FlowRecord[]> {
    using reader = await this.reader();
    const found = await flowsIn(reader, { condition: conditionOfWords(words), ...more });
    this.notices.push(...reader.notices);
    return found;
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }
}

export async function flowsIn(reader: HistoryReader, wanted: FlowsWanted): Promise<FlowRecord[]> {
  const records: FlowRecord[] = [];
  for await (const { batch, rows } of reader.flows(wanted))
    for (const row of rows) records.push(batch.at(row));
  return records;
}

/** The record as a history has it: times to the microsecond. */
export function asStored(record: FlowRecord): FlowRecord {
  return Object.fromEntries(
    fieldNames.flatMap((name) => {
      const value = record[name];
      if (value === undefined) return [];
      const isTime = fieldOf(name).storage === 'time';
      return [[name, isTime ? Math.floor((value as number) * 1000) / 1000 : value]];
    }),
  );
}
