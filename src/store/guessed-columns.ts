import { type FieldName, knownCount, MOST_COUNT } from '../flow/index.ts';
import { type FileNumbers, microsecondsOf, numbersOfCounts, numbersOfTimes } from './file-numbers.ts';
import {
  FileArrays,
  type NumberValues,
  type ParquetColumn,
  reusedDoubles,
  reusedWords,
} from './parquet/index.ts';
import { quotedName, storedField } from './stored-columns.ts';

/*
 * Many fields of a record nearly always repeat another one. The total of a flow that is reported once is its
 * delta, and both nodes count the same. So the other one is a guess, and a file has the bitwise difference
 * from it. That is zero in most rows, which takes no room, and it gives back every value exactly. The name of
 * the column says so: "octetTotalCount^octetDeltaCount".
 */

interface Guess {
  /** Field, or for rates the counter, that the guess is made of. */
  readonly of: FieldName;
  /** The fields that it needs; without one of them nothing is guessed. */
  readonly needs: readonly FieldName[];
  /** Of numbers, in SQL over columns with the names of fields. */
  readonly sql: string;
  /** The same of the numbers of a file; what is none counts as 0. */
  readonly valuesIn: (numbers: FileNumbers) => NumberValues;
}

const sameAs = (of: FieldName): Guess => ({
  of,
  needs: [of],
  sql: numberOf(of),
  valuesIn: (numbers) => numbers.keptValuesOf(of),
});

/** The rate of a flow that is reported once. Reader and writer must calculate it alike. */
function rateOf(of: FieldName): Guess {
  const [start, end] = [numberOf('flowStartMilliseconds'), numberOf('flowEndMilliseconds')];
  const rate = `round(${quotedName(of)}::DOUBLE * 8000 / ((${end}::HUGEINT - ${start}) / 1000))`;
  return {
    of,
    needs: [of, 'flowStartMilliseconds', 'flowEndMilliseconds'],
    sql: `CASE WHEN ${end} > ${start} THEN TRY_CAST(${rate} AS UBIGINT) END`,
    valuesIn: (numbers) => ratesIn(numbers, of),
  };
}

function ratesIn(numbers: FileNumbers, of: FieldName): NumberValues {
  const rates = numbers.doublesOf(of, ratesMemory.ofLength(numbers.rows));
  const starts = numbers.doublesOf('flowStartMilliseconds', startsMemory.ofLength(numbers.rows));
  const ends = numbers.doublesOf('flowEndMilliseconds', endsMemory.ofLength(numbers.rows));
  for (let row = 0; row < rates.length; row++) {
    const [start, end] = [microsecondsOf(starts[row]!), microsecondsOf(ends[row]!)];
    const ms = end > start ? differenceOf(end, start) / 1000 : Number.NaN;
    const rate = Math.round((knownCount(rates[row]!) * 8000) / ms);
    rates[row] = rate <= MOST_COUNT ? rate : Number.NaN;
  }
  rateArrays.reset();
  return numbersOfCounts(rates, rateArrays);
}

/* Each is needed for one column. */
const ratesMemory = reusedDoubles();
const startsMemory = reusedDoubles();
const endsMemory = reusedDoubles();
const rateArrays = new FileArrays();
const lowMemory = reusedWords();
const highMemory = reusedWords();

/** As DuckDB subtracts whole numbers. */
function differenceOf(one: number, other: number): number {
  const isSafe = Number.isSafeInteger(one) && Number.isSafeInteger(other);
  return isSafe ? one - other : Number(BigInt(one) - BigInt(other));
}

const counters = ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const;
const kinds = ['Delta', 'Total'] as const;
const nodes = ['FromSourceNode', 'FromDestinationNode'] as const;

/** By field. A guess is made of fields before it, or of such as are never guessed. */
const guesses: ReadonlyMap<FieldName, Guess> = new Map([
  ...counters.map((counter) => [`${counter}TotalCount`, sameAs(`${counter}DeltaCount`)] as const),
  ['throughput', rateOf('octetDeltaCount')],
  ['reverseThroughput', rateOf('reverseOctetDeltaCount')],
  ...nodes.flatMap((node) => [
    ...counters.flatMap((counter) =>
      kinds.map((kind) => [`${counter}${kind}Count${node}`, sameAs(`${counter}${kind}Count`)] as const),
    ),
    [`throughput${node}`, sameAs('throughput')] as const,
    [`reverseThroughput${node}`, sameAs('reverseThroughput')] as const,
    [`flowEndSeconds${node}`, sameAs('flowEndMilliseconds')] as const,
  ]),
]);

/** The length of a flow in milliseconds, which takes half of the room of its start. */
const DURATION = 'flowEndMilliseconds-flowStartMilliseconds';
/** Up to here the difference of two times is exact. */
const MOST_EXACT_MS = 2 ** 51;

/** The column that a file has instead of the start of flows; undefined if it must have the start. */
export function durationColumn(
  told: ReadonlySet<FieldName>,
  numbers: FileNumbers,
): ParquetColumn | undefined {
  if (!told.has('flowStartMilliseconds') || !told.has('flowEndMilliseconds')) return undefined;
  const starts = numbers.doublesOf('flowStartMilliseconds');
  const ends = numbers.doublesOf('flowEndMilliseconds', endsMemory.ofLength(numbers.rows));
  if (!areExact(starts) || !areExact(ends)) return undefined;
  const durations = starts;
  for (let row = 0; row < durations.length; row++) durations[row] = (ends[row]! || 0) - starts[row]!;
  return { name: DURATION, type: 'INT_64', values: () => numbersOfTimes(durations, 1) };
}

function areExact(times: Float64Array): boolean {
  for (let row = 0; row < times.length; row++) {
    const ms = times[row]!;
    if (!Number.isNaN(ms) && !(Number.isInteger(ms) && Math.abs(ms) <= MOST_EXACT_MS)) return false;
  }
  return true;
}

/** The column of a file that has a field as the difference from its guess; undefined if it has none. */
export function guessedColumn(
  name: FieldName,
  told: ReadonlySet<FieldName>,
  numbers: FileNumbers,
): ParquetColumn | undefined {
  const guess = guesses.get(name);
  if (guess === undefined) return undefined;
  const isKnown = guess.needs.every((each) => told.has(each));
  return {
    name: differenceName(name, guess),
    type: isTime(name) ? 'INT_64' : 'UINT_64',
    values: () => {
      const values = numbers.valuesOf(name);
      return isKnown ? bitwiseDifference(values, guess.valuesIn(numbers)) : values;
    },
  };
}

function bitwiseDifference(values: NumberValues, guess: NumberValues): NumberValues {
  const { isNone } = values;
  const low = lowMemory.ofLength(values.low.length);
  setDifference(low, values.low, guess.low);
  if (values.high === undefined && guess.high === undefined) return { low, high: undefined, isNone };
  const high = highMemory.ofLength(low.length);
  const isDifferent = setDifference(high, values.high, guess.high);
  return { low, high: isDifferent ? high : undefined, isNone };
}

/** Whether any word differs. Words that are absent are 0. */
function setDifference(
  words: Uint32Array,
  one: Uint32Array | undefined,
  other: Uint32Array | undefined,
): boolean {
  let all = 0;
  for (let row = 0; row < words.length; row++) {
    const word = (one === undefined ? 0 : one[row]!) ^ (other === undefined ? 0 : other[row]!);
    words[row] = word;
    all |= word;
  }
  return all !== 0;
}

/** The rows of a record file with the fields under their names, whatever the layout of the file. */
export interface FieldRows {
  readonly columns: ReadonlySet<string>;
  /** A query that has them, of the file in SQL. */
  readonly of: (source: string) => string;
}

/**
 * @param columns of the file
 * @param wanted those that the rows have, if the file tells them; default all. DuckDB plans a statement with
 *   few columns in half the time.
 */
export function fieldRows(columns: ReadonlySet<string>, wanted?: ReadonlySet<string>): FieldRows {
  const guessed = [...guesses].filter(([name, guess]) => columns.has(differenceName(name, guess)));
  const differences = new Set([DURATION, ...guessed.map(([name, guess]) => differenceName(name, guess))]);
  const plain = [...columns].filter((column) => !differences.has(column));
  const starts: FieldName[] = columns.has(DURATION) ? ['flowStartMilliseconds'] : [];
  const all = new Set([...plain, ...starts, ...guessed.map(([name]) => name)]);
  const needed = wanted === undefined ? all : withNeeds(wanted);
  const isNeeded = (name: string) => needed.has(name);
  const madeGuesses = guessed
    .filter(([name]) => isNeeded(name))
    .map(([name, guess]) => {
      const number = `xor(${quotedName(differenceName(name, guess))}, ${guessIn(guess, all)})`;
      return `${isTime(name) ? `make_timestamp(${number})` : number} AS ${quotedName(name)}`;
    });
  const start = `make_timestamp((coalesce(epoch_ms("flowEndMilliseconds"), 0) - ${quotedName(DURATION)}) * 1000)`;
  const madeStarts = starts.filter(isNeeded).map((name) => `${start} AS ${quotedName(name)}`);
  const values = [...plain.filter(isNeeded).map(quotedName), ...madeStarts, ...madeGuesses].join();
  return { columns: new Set([...all].filter(isNeeded)), of: (source) => `(SELECT ${values} FROM ${source})` };
}

/** Also the fields that their guesses are made of, and those of which these are. */
function withNeeds(wanted: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(wanted);
  // A guess is made of fields before it.
  for (const [name, { needs }] of [...guesses].reverse())
    if (all.has(name)) for (const each of needs) all.add(each);
  return all;
}

const differenceName = (name: FieldName, { of }: Guess): string => `${name}^${of}`;

const guessIn = ({ needs, sql }: Guess, told: ReadonlySet<string>): string =>
  needs.every((name) => told.has(name)) ? `coalesce(${sql}, 0)` : '0';

function isTime(name: FieldName): boolean {
  return storedField(name).type === 'TIMESTAMP';
}

function numberOf(name: FieldName): string {
  return isTime(name) ? `epoch_us(${quotedName(name)})` : quotedName(name);
}
