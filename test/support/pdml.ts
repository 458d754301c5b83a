/**
 * A node of PDML, tshark's XML of decoded packets: a protocol or a field, with its place in the packet's
 * bytes.
 */
export interface PdmlNode {
  /** E.g. 'cflow.srcaddr'; '' for a grouping that has only a title. */
  name: string;
  /** The value, or the title, as tshark shows it. */
  show: string;
  /** Offset in octets from the start of the dissected packet. */
  position: number;
  /** Octets. */
  size: number;
  /** The octets as hex; '' if the node has none. */
  hex: string;
  children: PdmlNode[];
}

/**
 * Reads PDML line by line and calls back with each packet's protocols. A line is one tag of tshark. Only a
 * line break inside a value continues it on the next.
 */
export class PdmlReader {
  readonly #onPacket: (protocols: PdmlNode[]) => void;
  #open: PdmlNode[] = [];
  #rest = '';
  /** The begin of a tag whose end has not been read. */
  #tag = '';

  constructor(onPacket: (protocols: PdmlNode[]) => void) {
    this.#onPacket = onPacket;
  }

  write(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.#tag += line;
      if (line.endsWith('>')) {
        this.#read(this.#tag);
        this.#tag = '';
      } else this.#tag += '\n';
    }
  }

  #read(line: string): void {
    const tag = line.match(/^\s*<(\/?)(packet|proto|field)\b(.*)>\s*$/s);
    if (!tag) return;
    const [, closing, kind, rest] = tag;
    if (closing) {
      const closed = this.#open.pop()!;
      if (kind === 'packet') this.#onPacket(closed.children);
      return;
    }
    const node = nodeOf(rest!);
    this.#open.at(-1)?.children.push(node);
    if (!rest!.endsWith('/')) this.#open.push(node);
  }
}

function nodeOf(attributesText: string): PdmlNode {
  const attributes: Record<string, string> = {};
  for (const [, key, value] of attributesText.matchAll(/(\w+)="([^"]*)"/g))
    attributes[key!] = unescaped(value!);
  return {
    name: attributes.name ?? '',
    show: attributes.show ?? attributes.showname ?? '',
    position: Number(attributes.pos ?? 0),
    size: Number(attributes.size ?? 0),
    hex: attributes.unmaskedvalue ?? attributes.value ?? '',
    children: [],
  };
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|(\w+));/gi, (_, code, name) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : (entities[name] ?? _),
  );
}
