import { Dictionary, workloadLength, workloadOfLabels } from '../../flow/index.ts';
import { printableText } from '../../runtime/index.ts';

/** With fewer values or octets than this, a search for unused values is not worth its cost. */
const FEW = 4096;
const FEW_OCTETS = 256 * 1024;

/** Maximum octets of a label value, twice as long as names in Kubernetes may be. A longer value is cut. */
const MAX_VALUE_OCTETS = 512;

/** Replaces the ids at `words[start…end-1]` by those of the new dictionary. */
export type IdExchange = (words: Uint32Array, start: number, end: number) => void;

/**
 * The values of all labels. They come and go with Pods: once the values have doubled since the last renewal,
 * a new dictionary takes over those in use.
 */
export class LabelValues {
  dictionary = new Dictionary(MAX_VALUE_OCTETS);
  #cut = 0;
  #caches = new WeakMap<Dictionary, NameLabels>();
  #most = FEW;
  #mostOctets = FEW_OCTETS;
  readonly #zones: ReadonlyMap<string, string>;

  /** @param zones zone by node */
  constructor(zones: Readonly<Record<string, string>> = {}) {
    this.#zones = new Map(Object.entries(zones));
  }

  get hasGrown(): boolean {
    return this.dictionary.size >= this.#most || this.dictionary.octets >= this.#mostOctets;
  }

  /** Number of values that were cut since the last call. */
  takeCut(): number {
    const cut = this.#cut + this.dictionary.cut;
    this.#cut = 0;
    this.dictionary.cut = 0;
    return cut;
  }

  /** The names of batches with this dictionary as labels. Valid until `renew`. */
  namesFrom(source: Dictionary): NameLabels {
    let cache = this.#caches.get(source);
    if (cache === undefined) {
      cache = new NameLabels(source, this.dictionary, this.#zones);
      this.#caches.set(source, cache);
    }
    return cache;
  }

  /**
   * Begins a new dictionary. Each owner of ids passes them to `exchange`; then the caller calls `renewed`.
   */
  renew(): IdExchange {
    const from = this.dictionary;
    const to = new Dictionary(MAX_VALUE_OCTETS);
    this.#cut += from.cut;
    const ids = new Uint32Array(from.size);
    this.dictionary = to;
    this.#caches = new WeakMap();
    return (words, start, end) => {
      for (let i = start; i < end; i++) {
        const id = words[i]!;
        if (id !== 0 && ids[id] === 0) ids[id] = to.intern(from.bytes, from.offsets[id]!, from.lengths[id]!);
        words[i] = ids[id]!;
      }
    };
  }

  renewed(): void {
    this.#most = Math.max(FEW, 2 * this.dictionary.size);
    this.#mostOctets = Math.max(FEW_OCTETS, 2 * this.dictionary.octets);
  }
}

/** One byte is one character: a position in this text is a position in the bytes. */
const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The labels for the names of one dictionary, each made once. */
export class NameLabels {
  readonly from: Dictionary;
  readonly #to: Dictionary;
  readonly #zonesByNode: ReadonlyMap<string, string>;
  /** By id; 0 means not yet known. */
  #labels = new Uint32Array(64);
  #workloads = new Uint32Array(0);
  /** By id of a Pod's labels, or of a node: one plus the value's id; 0 means not yet known. */
  #apps = new Uint32Array(0);
  #zones = new Uint32Array(0);
  /** By id of a Service's port: namespace, name and port. A name of 0 means not yet known. */
  #services = new Uint32Array(0);

  constructor(from: Dictionary, to: Dictionary, zones: ReadonlyMap<string, string>) {
    this.from = from;
    this.#to = to;
    this.#zonesByNode = zones;
  }

  /** The string as a label. */
  label(id: number): number {
    const known = id < this.#labels.length ? this.#labels[id]! : 0;
    if (known !== 0 || id === 0) return known;
    this.#labels = grownToIndex(this.#labels, id);
    const { offsets, lengths } = this.from;
    const label = this.#put(offsets[id]!, lengths[id]!);
    this.#labels[id] = label;
    return label;
  }

  /** The workload of a Pod: from its labels if they name it, else from its name. */
  workload(pod: number, labels: number): number {
    const app = labels === 0 ? 0 : this.#app(labels);
    if (app !== 0) return app;
    const known = pod < this.#workloads.length ? this.#workloads[pod]! : 0;
    if (known !== 0) return known;
    this.#workloads = grownToIndex(this.#workloads, pod);
    const { offsets, lengths } = this.from;
    const name = this.#text(pod, utf8);
    // What a controller appended is ASCII: as many octets as characters.
    const appended = name.length - workloadLength(name);
    const workload = this.#put(offsets[pod]!, lengths[pod]! - appended);
    this.#workloads[pod] = workload;
    return workload;
  }

  /** The zone of a node, 0 for unknown. */
  zone(node: number): number {
    if (node >= this.#zones.length) this.#zones = grownToIndex(this.#zones, node);
    if (this.#zones[node] === 0) {
      this.#zones[node] = 1 + this.#to.internText(this.#zonesByNode.get(this.#text(node, utf8)) ?? '');
    }
    return this.#zones[node]! - 1;
  }

  /** Writes namespace, name and port of a Service, given as namespace/name:port, into `words[at…at+2]`. */
  service(id: number, words: Uint32Array, at: number): void {
    if (3 * id + 2 >= this.#services.length) this.#services = grownToIndex(this.#services, 3 * id + 2);
    const services = this.#services;
    if (services[3 * id + 1] === 0) this.#readService(id);
    for (let i = 0; i < 3; i++) words[at + i] = services[3 * id + i]!;
  }

  #readService(id: number): void {
    const { offsets, lengths } = this.from;
    const text = this.#text(id, latin1);
    const [start, length] = [offsets[id]!, lengths[id]!];
    const slash = text.indexOf('/');
    const colon = text.lastIndexOf(':');
    const end = colon > slash + 1 ? colon : length;
    const putPart = (first: number, last: number) => this.#put(start + first, Math.max(0, last - first));
    this.#services[3 * id] = putPart(0, slash);
    this.#services[3 * id + 1] = putPart(slash + 1, end) || putPart(0, length);
    this.#services[3 * id + 2] = putPart(end + 1, length);
  }

  #app(labels: number): number {
    if (labels >= this.#apps.length) this.#apps = grownToIndex(this.#apps, labels);
    if (this.#apps[labels] === 0) {
      this.#apps[labels] =
        1 + this.#to.internText(printableText(workloadOfLabels(this.#text(labels, utf8)) ?? ''));
    }
    return this.#apps[labels]! - 1;
  }

  /**
   * The value for some octets of the names. It escapes what a terminal would obey, and replaces what is not
   * UTF-8. So two values that differ here differ in every format.
   */
  #put(start: number, length: number): number {
    const { bytes } = this.from;
    if (isAscii(bytes, start, length)) return this.#to.intern(bytes, start, length);
    return this.#to.internText(printableText(utf8.decode(bytes.subarray(start, start + length))));
  }

  /** `Dictionary.text` would keep the text. */
  #text(id: number, decoder: typeof utf8): string {
    const start = this.from.offsets[id]!;
    return decoder.decode(this.from.bytes.subarray(start, start + this.from.lengths[id]!));
  }
}

/** Whether the octets are printable ASCII. */
function isAscii(bytes: Uint8Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at++) if (bytes[at]! < 0x20 || bytes[at]! > 0x7e) return false;
  return true;
}

/** The array when it has an element `index`, else a longer copy. */
function grownToIndex(array: Uint32Array<ArrayBuffer>, index: number): Uint32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const longer = new Uint32Array(Math.max(64, index + 1, array.length * 2));
  longer.set(array);
  return longer;
}
