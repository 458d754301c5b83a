/*
 * Arrays for one column after another. A new one of this size each time keeps the garbage collector busy.
 */

/** An array that is used again and again. Its content is left over from the use before. */
class ReusedArray<A extends Uint8Array | Uint32Array | Float64Array> {
  readonly #make: (length: number) => A;
  #array: A;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#array = make(0);
  }

  /** Valid until the next call. */
  ofLength(length: number): A {
    if (this.#array.length < length) this.#array = this.#make(length);
    return this.#array.subarray(0, length) as A;
  }
}

export const reusedOctets = () => new ReusedArray((length) => new Uint8Array(length));
export const reusedWords = () => new ReusedArray((length) => new Uint32Array(length));
export const reusedDoubles = () => new ReusedArray((length) => new Float64Array(length));
