/**
 * ASCII text that is written often, as doubles: eight octets are copied at once. (No eight ASCII octets are a
 * NaN, whose bits an engine may change.)
 */
export class Literal {
  readonly length: number;
  /** Zeros stand behind the text. */
  readonly words: Float64Array;

  /** @throws RangeError when it is not ASCII */
  constructor(text: string) {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length !== text.length) throw new RangeError(`"${text}" is not ASCII`);
    const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    this.length = bytes.length;
    this.words = Float64Array.from({ length: padded.length / 8 }, (_, i) => view.getFloat64(i * 8));
  }
}
