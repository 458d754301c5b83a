import { type Document, isAlias, isMap, isScalar, isSeq, type Node, visit, type YAMLError } from 'yaml';

/** A reason why a text cannot be parsed, before its keys are checked. */
export interface YamlFault {
  readonly offset: number;
  readonly expected: string;
  readonly found: string;
}

/** All faults of a document. */
export function yamlFaults(document: Document, text: string): YamlFault[] {
  if (document.errors.length > 0) return syntaxFaults(document.errors, text);
  return [...tagFaults(document), ...aliasFaults(document)].sort((a, b) => a.offset - b.offset);
}

/** One fault for each line: later ones on it follow from the first. */
function syntaxFaults(errors: readonly YAMLError[], text: string): YamlFault[] {
  const lines = new Set<number>();
  return errors.flatMap((error) => {
    const offset = contentOffset(text, error.pos[0]);
    const line = text.lastIndexOf('\n', offset - 1);
    if (lines.has(line)) return [];
    lines.add(line);
    return [{ offset, ...inWords(error, text) }];
  });
}

/** For a wrong indentation, the parser reports the beginning of the line. */
function contentOffset(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] !== '\n') return offset;
  return offset + /^ */.exec(text.slice(offset))![0].length;
}

function inWords({ code, message, pos }: YAMLError, text: string): Omit<YamlFault, 'offset'> {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { expected: 'each key once in a map', found: `${keyAt(text, pos[0])} again` };
    case 'TAB_AS_INDENT':
      return { expected: 'spaces as indentation', found: 'a tab' };
    case 'MULTIPLE_DOCS':
      return { expected: 'one document', found: 'another after ---' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        expected: 'one value, in quotes if it contains ": ", and all keys of a map in one column',
        found: 'a key inside a value',
      };
    case 'MULTILINE_IMPLICIT_KEY':
      return { expected: '"key: value" with a space after the colon', found: 'a text that is no key' };
    case 'BAD_INDENT':
      if (message.startsWith('All ')) {
        return { expected: 'all keys of a map, or items of a list, in one column', found: 'another column' };
      }
      return { expected: 'YAML', found: message };
    default:
      return { expected: 'YAML', found: message };
  }
}

const keyAt = (text: string, offset: number): string => /^[^:\n]*/.exec(text.slice(offset))![0];

function tagFaults({ warnings }: Document): YamlFault[] {
  return warnings
    .filter(({ code }) => code === 'TAG_RESOLVE_FAILED')
    .map(({ message, pos }) => ({
      offset: pos[0],
      expected: 'a value without a tag of its own',
      found: message.replace(/^Unresolved tag: /, ''),
    }));
}

/**
 * Collects the anchors on the way, because looking up each of many aliases in the document takes long.
 */
function aliasFaults(document: Document): YamlFault[] {
  const faults: YamlFault[] = [];
  const anchors = new Map<string, Node>();
  const nodeOf = (node: unknown) => (isAlias(node) ? anchors.get(node.source) : node);
  visit(document, {
    Node(_, node, above) {
      const offset = node.range?.[0] ?? 0;
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      } else if (!anchors.has(node.source)) {
        faults.push({ offset, expected: `an anchor &${node.source} before it`, found: `*${node.source}` });
      } else if (above.includes(anchors.get(node.source) as (typeof above)[number])) {
        const expected = `*${node.source} outside of what &${node.source} names`;
        faults.push({ offset, expected, found: `*${node.source} inside` });
      }
    },
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.source !== '<<') return;
      const merged = nodeOf(value);
      const sources = isSeq(merged) ? merged.items : [merged];
      // An alias without an anchor is another fault.
      if (merged === undefined || sources.every((source) => isMap(nodeOf(source)))) return;
      const expected = 'a map, or the alias of one, to merge';
      faults.push({ offset: key.range?.[0] ?? 0, expected, found: 'something else after <<' });
    },
  });
  return faults;
}
