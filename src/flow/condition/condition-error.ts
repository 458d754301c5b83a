/** Why a text is no condition. The message has all of it. */
export class ConditionError extends TypeError {
  /** Where it is, in UTF-16 units from 0. */
  readonly at: number;
  readonly expected: string;
  readonly found: string;

  constructor(text: string, at: number, expected: string, found: string) {
    super(`column ${columnOf(text, at)}: expected ${expected}; found ${found}`);
    this.at = at;
    this.expected = expected;
    this.found = found;
  }
}

/** As people count: from 1, and a character of two units is one. */
const columnOf = (text: string, at: number): number => [...text.slice(0, at)].length + 1;
