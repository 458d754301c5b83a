/**
 * ASCII text that is written often, held as doubles: each copies eight octets at once. (No eight ASCII octets
 * form a NaN, whose bits an engine may change.)
 */
export class Literal {
  readonly length: number;
  /** Padded with zeros. */
  readonly words: Float64Array;

  /** @throws RangeError when the text is not ASCII */
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
