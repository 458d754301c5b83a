import { HttpError } from '../../http/index.ts';

export interface ReaderPlacesOptions {
  /** Maximum clients at a time. */
  readonly most: number;
  /** Maximum of them that one reader has, by whose name they ask. */
  readonly mostOfOne: number;
  /** What they do, for messages: "reading flows". */
  readonly what: string;
  /** The message to a refused client. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who has a place. One reader cannot take them all: others would learn nothing. */
export class ReaderPlaces {
  readonly #options: ReaderPlacesOptions;
  readonly #byReader = new Map<string, number>();
  #taken = 0;

  constructor(options: ReaderPlacesOptions) {
    this.#options = options;
  }

  /**
   * @param reader undefined: nobody in particular, whom only the whole number limits
   * @returns leaves the place
   * @throws {HttpError} 503 when there is none
   */
  take(reader: string | undefined): () => void {
    const { most, mostOfOne, what, headers } = this.#options;
    if (this.#taken >= most) throw new HttpError(503, `${most} clients are ${what} already`, headers);
    const own = reader === undefined ? 0 : (this.#byReader.get(reader) ?? 0);
    if (own >= mostOfOne)
      throw new HttpError(503, `${mostOfOne} clients of ${reader} are ${what} already`, headers);
    this.#taken++;
    if (reader !== undefined) this.#byReader.set(reader, own + 1);
    return () => this.#leave(reader);
  }

  #leave(reader: string | undefined): void {
    this.#taken--;
    if (reader === undefined) return;
    const left = this.#byReader.get(reader)! - 1;
    if (left === 0) this.#byReader.delete(reader);
    else this.#byReader.set(reader, left);
  }
}
