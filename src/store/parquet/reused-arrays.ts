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

/**
 * Arrays for one file after another, all of which are in use until the file is there. Their content is left
 * over from the file before.
 */
export class FileArrays {
  readonly #words = new ArraysInTurn((length) => new Uint32Array(length));
  readonly #doubles = new ArraysInTurn((length) => new Float64Array(length));
  readonly #octets = new ArraysInTurn((length) => new Uint8Array(length));

  words(length: number): Uint32Array<ArrayBuffer> {
    return this.#words.next(length);
  }

  doubles(length: number): Float64Array<ArrayBuffer> {
    return this.#doubles.next(length);
  }

  octets(length: number): Uint8Array<ArrayBuffer> {
    return this.#octets.next(length);
  }

  /** All may be used again. */
  reset(): void {
    this.#words.reset();
    this.#doubles.reset();
    this.#octets.reset();
  }
}

/** A file needs much the same arrays as the one before, in the same order. */
class ArraysInTurn<A extends Uint8Array | Uint32Array | Float64Array> {
  readonly #make: (length: number) => A;
  readonly #arrays: A[] = [];
  #used = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
  }

  next(length: number): A {
    const at = this.#used++;
    let array = this.#arrays[at];
    if (array === undefined || array.length < length) {
      array = this.#make(length);
      this.#arrays[at] = array;
    }
    return array.subarray(0, length) as A;
  }

  reset(): void {
    // What the last file did not need, the next one hardly needs.
    this.#arrays.length = Math.min(this.#arrays.length, this.#used);
    this.#used = 0;
  }
}
