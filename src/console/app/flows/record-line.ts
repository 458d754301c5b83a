/** A record as a line of GET ../flows: element names and their values. Times are RFC 3339. */
export type RecordLine = Readonly<Record<string, string | number>>;

/** Longer lines are none of Weir's: 100 fields of 256 octets have fewer. */
const MOST_CHARACTERS = 262_144;

/** Makes lines of the pieces of a stream. */
export class JsonLineReader {
  #rest = '';
  #unreadable = 0;

  /** Lines that were no records. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** The records that end in this piece. */
  read(piece: string): RecordLine[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > MOST_CHARACTERS) {
      this.#rest = '';
      this.#unreadable++;
    }
    return lines.flatMap((line) => (line === '' ? [] : this.#parsed(line)));
  }

  #parsed(line: string): RecordLine[] {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [value as RecordLine];
    } catch {}
    this.#unreadable++;
    return [];
  }
}

export function lineTime(line: RecordLine, field = 'flowEndMilliseconds'): number | undefined {
  const ms = Date.parse(String(line[field]));
  return Number.isNaN(ms) ? undefined : ms;
}

/** A counter, exact above 2^53, too; undefined where the record has none. */
export function countIn(line: RecordLine, field: string): bigint | undefined {
  const value = line[field];
  return value !== undefined && /^\d+$/.test(String(value)) ? BigInt(value) : undefined;
}
