import type { FlowBatch } from '../../flow/index.ts';

/** The namespaces of the rows of a batch, as numbers of their own. 0 is none. */
export class RowNamespaces {
  /** By number. */
  readonly names: string[] = [''];
  readonly source: Uint32Array;
  /** An end without a Pod is in the namespace of its Service. */
  readonly destination: Uint32Array;
  readonly service: Uint32Array;
  readonly #byName = new Map<string, number>();

  constructor({ columns, dictionary, length }: FlowBatch) {
    const { sourcePodNamespace, destinationPodNamespace, destinationServicePortName } = columns;
    const ofName = (id: number): string => dictionary.text(id);
    /** Of namespace/name:port. */
    const ofService = (id: number): string => dictionary.text(id).split('/', 1)[0]!;
    this.source = this.#numbers(sourcePodNamespace, length, ofName);
    this.destination = this.#numbers(destinationPodNamespace, length, ofName);
    this.service = this.#numbers(destinationServicePortName, length, ofService);
    for (let row = 0; row < length; row++) {
      if (this.destination[row] === 0) this.destination[row] = this.service[row]!;
    }
  }

  #numbers(ids: Uint32Array, length: number, namespaceOf: (id: number) => string): Uint32Array {
    const known = new Map<number, number>([[0, 0]]);
    const numbers = new Uint32Array(length);
    for (let row = 0; row < length; row++) {
      const id = ids[row]!;
      let number = known.get(id);
      if (number === undefined) {
        number = this.#number(namespaceOf(id));
        known.set(id, number);
      }
      numbers[row] = number;
    }
    return numbers;
  }

  #number(name: string): number {
    let number = this.#byName.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#byName.set(name, number);
    }
    return number;
  }
}
