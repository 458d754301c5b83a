import { type Columns, type FlowBatch, FlowType, isUnset } from '../../flow/index.ts';
import type { FlowScope, FlowView } from './flow-scope.ts';
import { hiddenBits, reducedBatch } from './reduced-batch.ts';
import { RowNamespaces } from './row-namespaces.ts';

/** What somebody may do with flows. Each answer may come from a cache, and may change with time. */
export interface NamespaceRights {
  /** Whether he may read flows with an end in the namespace; undefined: all flows. */
  mayRead(namespace: string | undefined): Promise<boolean>;
  /**
   * Whether he may know who an end in the namespace is, in flows that he may read because of their other end.
   * Undefined: any end, also one without a namespace.
   */
  mayIdentify(namespace: string | undefined): Promise<boolean>;
}

/** Several questions at a time hide the way to the API server; more would crowd out others who ask. */
const ASKING_AT_ONCE = 8;

/**
 * The flows of somebody who may read some namespaces. He sees a flow with an end in one of them. Of its other
 * end he sees only what he may identify; else it has neither names nor an address.
 *
 * An end outside the cluster is no secret. The node that let it in is one, and so is an end without a
 * namespace that may be inside.
 */
export class NamespaceScope implements FlowScope {
  readonly reader: string;
  readonly #rights: NamespaceRights;

  constructor(rights: NamespaceRights, reader: string) {
    this.#rights = rights;
    this.reader = reader;
  }

  async mayRead(namespace: string | undefined): Promise<boolean> {
    if (await this.#rights.mayRead(undefined)) return true;
    return namespace !== undefined && (await this.#rights.mayRead(namespace));
  }

  async view(batch: FlowBatch): Promise<FlowView> {
    // One answer decides for most who ask: administrators, and programs.
    if (await this.#rights.mayRead(undefined)) return { batch, mayRead: undefined };
    const namespaces = new RowNamespaces(batch);
    const { names, source, destination } = namespaces;
    const readable = await allowedOf(names, names.keys(), (name) => this.#rights.mayRead(name));
    if (readable.size === 0) return { batch, mayRead: () => false };
    const mayRead = (row: number): boolean => readable.has(source[row]!) || readable.has(destination[row]!);
    if (await this.#rights.mayIdentify(undefined)) return { batch, mayRead };
    const others = othersOf(batch, namespaces, readable, mayRead);
    const identified = await allowedOf(names, others.values(), (name) => this.#rights.mayIdentify(name));
    const hidden = hiddenIn(batch, namespaces, new Set([...readable, ...identified]));
    return { batch: hidden === undefined ? batch : reducedBatch(batch, hidden), mayRead };
  }
}

/** The namespaces for which the answer is yes, by number. Asks about a few at a time. */
async function allowedOf(
  names: readonly string[],
  numbers: IterableIterator<number>,
  isAllowed: (name: string) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  const allowed = new Set<number>();
  const askInTurn = async () => {
    for (const number of numbers) if (number !== 0 && (await isAllowed(names[number]!))) allowed.add(number);
  };
  await Promise.all(Array.from({ length: ASKING_AT_ONCE }, askInTurn));
  return allowed;
}

/** The namespaces, by number, of ends that a reader meets in his flows and may not read himself. */
function othersOf(
  { length }: FlowBatch,
  { source, destination, service }: RowNamespaces,
  readable: ReadonlySet<number>,
  mayRead: (row: number) => boolean,
): ReadonlySet<number> {
  const others = new Set<number>();
  for (let row = 0; row < length; row++) {
    if (!mayRead(row)) continue;
    for (const numbers of [source, destination, service]) {
      if (!readable.has(numbers[row]!)) others.add(numbers[row]!);
    }
  }
  return others;
}

/** The identities that must not be known, as bits for each row; undefined when there are none. */
function hiddenIn(
  { columns, length }: FlowBatch,
  { source, destination, service }: RowNamespaces,
  known: ReadonlySet<number>,
): Uint8Array | undefined {
  const { flowType, destinationNodeName } = columns;
  const hidden = new Uint8Array(length);
  let isAnyHidden = false;
  for (let row = 0; row < length; row++) {
    const entered = entryOf(columns, row);
    const isDestinationOutside = flowType[row] === FlowType.toExternal && destinationNodeName[row] === 0;
    const [from, to, asked] = [source[row]!, destination[row]!, service[row]!];
    let bits = 0;
    if (from === 0 ? entered === undefined : !known.has(from)) bits |= hiddenBits.source;
    else if (from === 0 && entered === 'by another node') bits |= hiddenBits.entry;
    if (to === 0 ? !isDestinationOutside : !known.has(to)) bits |= hiddenBits.destination;
    if (asked === 0 ? (bits & hiddenBits.destination) !== 0 : !known.has(asked)) bits |= hiddenBits.service;
    hidden[row] = bits;
    isAnyHidden ||= bits !== 0;
  }
  return isAnyHidden ? hidden : undefined;
}

/**
 * How a flow came from outside; undefined: its source may be inside. The node that let it in for another node
 * stands for its source. A source that is a node itself has a zone or a UID besides a name.
 */
function entryOf(columns: Columns, row: number): 'directly' | 'by another node' | undefined {
  if (columns.flowType[row] !== FlowType.fromExternal) return undefined;
  if (columns.sourceNodeName[row] === 0) return 'directly';
  const isNode = (columns.sourceZone[row]! | columns.sourceNodeUUID[row]!) !== 0;
  return isNode || isUnset(columns.proxySnatIP, row * 4) ? undefined : 'by another node';
}
