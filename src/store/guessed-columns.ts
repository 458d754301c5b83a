import type { FieldName } from '../flow/index.ts';
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
}

const sameAs = (of: FieldName): Guess => ({ of, needs: [of], sql: numberOf(of) });

/** The rate of a flow that is reported once. Reader and writer must calculate it alike. */
function rateOf(of: FieldName): Guess {
  const [start, end] = [numberOf('flowStartMilliseconds'), numberOf('flowEndMilliseconds')];
  const rate = `round(${quotedName(of)}::DOUBLE * 8000 / ((${end} - ${start}) / 1000))`;
  return {
    of,
    needs: [of, 'flowStartMilliseconds', 'flowEndMilliseconds'],
    sql: `CASE WHEN ${end} > ${start} THEN TRY_CAST(${rate} AS UBIGINT) END`,
  };
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

/** The column of a file that has a field, and the SQL of its values over columns with the names of fields. */
export function guessedColumn(
  name: FieldName,
  told: ReadonlySet<FieldName>,
): { readonly name: string; readonly sql: string } {
  const guess = guesses.get(name);
  if (guess === undefined) return { name, sql: quotedName(name) };
  return { name: differenceName(name, guess), sql: `xor(${numberOf(name)}, ${guessIn(guess, told)})` };
}

/** The rows of a record file with the fields under their names, whatever the layout of the file. */
export interface FieldRows {
  readonly columns: ReadonlySet<string>;
  /** A query that has them, of the file in SQL. */
  readonly of: (source: string) => string;
}

/** @param columns of the file */
export function fieldRows(columns: ReadonlySet<string>): FieldRows {
  const guessed = [...guesses].filter(([name, guess]) => columns.has(differenceName(name, guess)));
  const differences = new Set(guessed.map(([name, guess]) => differenceName(name, guess)));
  const plain = [...columns].filter((column) => !differences.has(column));
  const all = new Set([...plain, ...guessed.map(([name]) => name)]);
  const made = guessed.map(([name, guess]) => {
    const number = `xor(${quotedName(differenceName(name, guess))}, ${guessIn(guess, all)})`;
    return `${isTime(name) ? `make_timestamp(${number})` : number} AS ${quotedName(name)}`;
  });
  const values = [...plain.map(quotedName), ...made].join();
  return { columns: all, of: (source) => `(SELECT ${values} FROM ${source})` };
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
