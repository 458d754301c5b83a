import {
  type FlowBatch,
  type FlowView,
  type KnownNamespaces,
  type MetNamespaces,
  type NamespaceReader,
  viewFor,
} from '../../flow/index.ts';
import type { FlowScope } from './flow-scope.ts';

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

/** The flows of somebody who may read some namespaces, by his rights. */
export class NamespaceScope implements FlowScope {
  readonly reader: string;
  readonly key: string;
  readonly #rights: NamespaceRights;

  constructor(rights: NamespaceRights, reader: string, key = reader) {
    this.#rights = rights;
    this.reader = reader;
    this.key = key;
  }

  async mayRead(namespace: string | undefined): Promise<boolean> {
    if (await this.#rights.mayRead(undefined)) return true;
    return namespace !== undefined && (await this.#rights.mayRead(namespace));
  }

  async view(batch: FlowBatch): Promise<FlowView> {
    return await viewFor(batch, await this.namespaceReader());
  }

  async namespaceReader(): Promise<NamespaceReader | undefined> {
    // One answer decides for most who ask: administrators, and programs.
    if (await this.#rights.mayRead(undefined)) return undefined;
    const knowsAnyEnd = await this.#rights.mayIdentify(undefined);
    return { knowsAnyEnd, namespacesAmong: (met) => this.#namespacesAmong(met, knowsAnyEnd) };
  }

  async #namespacesAmong(met: readonly MetNamespaces[], knowsAnyEnd: boolean): Promise<KnownNamespaces> {
    const all = new Set(met.flatMap(namespacesOf));
    const readable = await allowedOf(all, (name) => this.#rights.mayRead(name));
    if (knowsAnyEnd) return { readable, known: undefined };
    const others = othersIn(met, new Set(readable));
    const identified = await allowedOf(others, (name) => this.#rights.mayIdentify(name));
    return { readable, known: [...readable, ...identified] };
  }
}

/** The namespaces for which the answer is yes. Asks about a few at a time. */
async function allowedOf(
  namespaces: ReadonlySet<string>,
  isAllowed: (name: string) => Promise<boolean>,
): Promise<string[]> {
  const allowed: string[] = [];
  const left = namespaces.values();
  const askInTurn = async () => {
    for (const name of left) if (await isAllowed(name)) allowed.push(name);
  };
  await Promise.all(Array.from({ length: ASKING_AT_ONCE }, askInTurn));
  return allowed;
}

const namespacesOf = ({ source, destination, service }: MetNamespaces): string[] =>
  [source, destination, service].filter((name) => name !== undefined);

/** The namespaces that a reader meets in his flows and may not read himself. */
function othersIn(met: readonly MetNamespaces[], readable: ReadonlySet<string>): ReadonlySet<string> {
  const isReadable = ({ source, destination, service }: MetNamespaces) =>
    [source, destination ?? service].some((name) => name !== undefined && readable.has(name));
  return new Set(
    met
      .filter(isReadable)
      .flatMap(namespacesOf)
      .filter((name) => !readable.has(name)),
  );
}
