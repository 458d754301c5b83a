/**
 * A text that fills many rows, such as a node's name. It remembers its id in the dictionary that had it last,
 * so that a row costs no look-up.
 */
export class RepeatedName {
  readonly text: string;
  /** `Dictionary.number` of that dictionary; 0 for none. */
  dictionary = 0;
  /** Its id there. */
  id = 0;

  constructor(text: string) {
    this.text = text;
  }
}
