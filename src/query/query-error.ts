interface QueryErrorParts {
  /** Where in the value it is, with `found` as it is shown: "column 7". */
  readonly place?: string;
  /** What follows the found value: "; did you mean sourceNode?". */
  readonly suggestion?: string;
}

/** Why a question is refused: which value of it, and what was expected. */
export class QueryError extends TypeError {
  readonly field: string;
  readonly expected: string;
  readonly found: string;

  constructor(
    field: string,
    expected: string,
    found: unknown,
    { place, suggestion = '' }: QueryErrorParts = {},
  ) {
    const short = (place === undefined ? shownValue(found) : String(found)) + suggestion;
    super(`${place === undefined ? field : `${field}: ${place}`}: expected ${expected}; found ${short}`);
    this.field = field;
    this.expected = expected;
    this.found = short;
  }
}

/** Characters of a wrong value that are repeated. */
const MOST_FOUND = 200;

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_FOUND ? `${text.slice(0, MOST_FOUND)}…` : text;
}
