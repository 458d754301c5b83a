import type { LinkState } from './link-state.ts';
import { linkOptions } from './options.ts';

/** Which links have their own series. Patterns are names in which `*` stands for any characters. */
export interface LinkChoiceOptions {
  /** Links with their own series, whatever their kind. */
  readonly include?: readonly string[];
  /** Links without their own series; wins over `include`. */
  readonly exclude?: readonly string[];
  /** Maximum links with their own series. */
  readonly limit?: number;
}

/** The links at one time, divided. */
export interface ChosenLinks {
  readonly own: readonly LinkState[];
  readonly summed: readonly LinkState[];
  /** Links that would have their own series, if there were not too many. */
  readonly beyondLimit: readonly LinkState[];
}

/** Kinds of which a host has one for each Pod, container or virtual machine. */
const kindsOfPods = new Set(['veth', 'netkit', 'tun']);
/** Names that CNI plugins and container engines give to the host's end. */
const namesOfPods = /^(veth|cali|lxc|azv|eni|gke)/;

/** Chooses the links with their own series: all but those that come and go with Pods, up to a limit. */
export class LinkChoice {
  readonly limit: number;
  readonly #included: RegExp | undefined;
  readonly #excluded: RegExp | undefined;
  readonly #hasCapacity: (name: string) => boolean;

  /**
   * @param hasCapacity whether the configuration gives the capacity of a link, which then has its own series
   */
  constructor(options: LinkChoiceOptions = {}, hasCapacity: (name: string) => boolean = () => false) {
    this.limit = options.limit ?? linkOptions.shape.limit.default;
    this.#included = anyOf(options.include);
    this.#excluded = anyOf(options.exclude);
    this.#hasCapacity = hasCapacity;
  }

  divide(links: readonly LinkState[]): ChosenLinks {
    const wanted: LinkState[] = [];
    const summed: LinkState[] = [];
    for (const link of links) (this.#isOwn(link) ? wanted : summed).push(link);
    wanted.sort((a, b) => this.#rank(a) - this.#rank(b) || a.index - b.index);
    return { own: wanted.slice(0, this.limit), summed, beyondLimit: wanted.slice(this.limit) };
  }

  #isOwn(link: LinkState): boolean {
    if (this.#excluded?.test(link.name)) return false;
    return this.#isNamed(link) || link.holdsDefaultRoute || !isOfPod(link);
  }

  #isNamed({ name }: LinkState): boolean {
    return this.#included?.test(name) === true || this.#hasCapacity(name);
  }

  /** Included links come first, then uplinks and hardware; among equals the older link. */
  #rank(link: LinkState): number {
    if (this.#isNamed(link)) return 0;
    return link.holdsDefaultRoute || link.kind === '' ? 1 : 2;
  }
}

/**
 * A veth is the host's end if it is a port, or by its name. A container's uplink is neither: its peer is in
 * another namespace.
 */
function isOfPod({ kind, name, isPort, hasPeerHere }: LinkState): boolean {
  if (!kindsOfPods.has(kind)) return false;
  return isPort || hasPeerHere || namesOfPods.test(name);
}

function anyOf(patterns: readonly string[] = []): RegExp | undefined {
  if (patterns.length === 0) return undefined;
  const alternatives = patterns.map((pattern) =>
    pattern.replace(/[\\^$+?.()|[\]{}]/g, '\\$&').replace(/\*+/g, '.*'),
  );
  return new RegExp(`^(${alternatives.join('|')})$`);
}
