/** Why a question is refused: which value of it, and what was expected. */
export class QueryError extends TypeError {
  readonly field: string;
  readonly expected: string;
  readonly found: string;

  /** @param place within the value, with `found` as it is shown: "column 7" */
  constructor(field: string, expected: string, found: unknown, place?: string) {
    const short = place === undefined ? shownValue(found) : String(found);
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
