import { type AddressWords, type FlowBatch, parseAddress, protocolNumber } from '../../flow/index.ts';
import { HttpError } from '../../http/index.ts';

/**
 * The five values that a query may give, each of them exactly, and what they look like. 0 is a value, as for
 * ports of ICMP.
 */
export const tupleParameters = {
  srcip: 'an IPv4 or IPv6 address',
  dstip: 'an IPv4 or IPv6 address',
  proto: 'a protocol by number or name',
  srcport: 'a port from 0 to 65535',
  dstport: 'a port from 0 to 65535',
} as const;

export type TupleParameter = keyof typeof tupleParameters;

/** A test of the rows of a batch. */
type RowTest = (row: number) => boolean;

/** An exact match of source, destination, protocol and ports; any value may be left open. */
export class FlowTuple {
  readonly #source: AddressWords | undefined;
  readonly #destination: AddressWords | undefined;
  readonly #protocol: number | undefined;
  readonly #sourcePort: number | undefined;
  readonly #destinationPort: number | undefined;

  /** @throws {HttpError} 400 for an unknown parameter or an impossible value */
  constructor(query: URLSearchParams) {
    const unknown = [...query.keys()].find((name) => !Object.hasOwn(tupleParameters, name));
    if (unknown !== undefined)
      throw new HttpError(
        400,
        `there is no parameter ${unknown}; there are ${Object.keys(tupleParameters).join(', ')}`,
      );
    this.#source = addressIn(query, 'srcip');
    this.#destination = addressIn(query, 'dstip');
    this.#protocol = protocolIn(query);
    this.#sourcePort = portIn(query, 'srcport');
    this.#destinationPort = portIn(query, 'dstport');
  }

  /** A destination may be that before or after destination NAT. */
  bind({ columns }: FlowBatch): RowTest {
    const tests: RowTest[] = [];
    const [source, destination] = [this.#source, this.#destination];
    if (source !== undefined) tests.push((row) => isAddressAt(columns.sourceIP, row, source));
    if (destination !== undefined)
      tests.push(
        (row) =>
          isAddressAt(columns.destinationIP, row, destination) ||
          isAddressAt(columns.destinationServiceIP, row, destination),
      );
    addNumberTest(tests, columns.protocolIdentifier, this.#protocol);
    addNumberTest(tests, columns.sourceTransportPort, this.#sourcePort);
    const port = this.#destinationPort;
    if (port !== undefined)
      tests.push(
        (row) =>
          columns.destinationTransportPort[row] === port ||
          (port !== 0 && columns.destinationServicePort[row] === port),
      );
    return (row) => tests.every((test) => test(row));
  }
}

function addNumberTest(tests: RowTest[], column: ArrayLike<number>, wanted: number | undefined): void {
  if (wanted !== undefined) tests.push((row) => column[row] === wanted);
}

const isAddressAt = (words: Uint32Array, row: number, wanted: ArrayLike<number>): boolean =>
  [0, 1, 2, 3].every((i) => words[row * 4 + i] === wanted[i]);

function valueIn<T>(
  query: URLSearchParams,
  name: TupleParameter,
  read: (text: string) => T | undefined,
): T | undefined {
  const [text, ...more] = query.getAll(name);
  if (text === undefined) return undefined;
  if (more.length > 0)
    throw new HttpError(400, `${name}: expected it once, found it ${more.length + 1} times`);
  const value = read(text);
  if (value === undefined)
    throw new HttpError(400, `${name}: expected ${tupleParameters[name]}, found "${text}"`);
  return value;
}

const addressIn = (query: URLSearchParams, name: 'srcip' | 'dstip'): AddressWords | undefined =>
  valueIn(query, name, parseAddress);

const portIn = (query: URLSearchParams, name: 'srcport' | 'dstport'): number | undefined =>
  valueIn(query, name, (text) =>
    /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined,
  );

const protocolIn = (query: URLSearchParams): number | undefined => valueIn(query, 'proto', protocolNumber);
