import { stringify } from 'yaml';
import { helmResources } from './chosen-resources.ts';
import { isList, isPart, type Part, type Tree, type TreeMap } from './tree.ts';

/** A tree as a template of Helm. Values are written as JSON, which is YAML on one line. */
export function helmTemplate(tree: TreeMap, condition?: string): string {
  const lines = mapLines(tree);
  return `${(condition === undefined ? lines : within(`if .Values.${condition}`, lines)).join('\n')}\n`;
}

function mapLines(map: TreeMap): string[] {
  return Object.entries(map).flatMap(([key, tree]) => {
    if (!isPart(tree)) return entryLines(key, tree);
    if (tree.part === 'entries') {
      const entry = '{{ toJson $key }}: {{ toJson $value }}';
      return within(`range $key, $value := .Values.${tree.path}`, [entry]);
    }
    if (tree.part === 'optional') return within(`if .Values.${tree.path}`, entryLines(key, tree.tree));
    return entryLines(key, tree);
  });
}

function entryLines(key: string, tree: Tree): string[] {
  const name = scalarText(key);
  const inline = inlineText(tree);
  if (inline !== undefined) return [`${name}: ${inline}`];
  return [`${name}:`, ...indented(isList(tree) ? listLines(tree) : mapLines(tree as TreeMap))];
}

function listLines(list: readonly Tree[]): string[] {
  return list.flatMap((item) => {
    if (!isPart(item)) return itemLines(item);
    if (item.part === 'items') {
      const keys = item.key?.split('.') ?? [];
      const text = `${keys.map((key) => `{"${key}": `).join('')}{{ toJson . }}${'}'.repeat(keys.length)}`;
      return within(`range .Values.${item.path}`, [`- ${text}`]);
    }
    if (item.part === 'optional') return within(`if .Values.${item.path}`, itemLines(item.tree));
    if (item.part === 'choice') {
      const lines = [...itemLines(item.yes), '{{- else }}', ...itemLines(item.no)];
      return within(`if .Values.${item.path}`, lines);
    }
    return itemLines(item);
  });
}

function itemLines(item: Tree): string[] {
  const inline = inlineText(item);
  if (inline !== undefined) return [`- ${inline}`];
  const [first, ...others] = isList(item) ? listLines(item) : mapLines(item as TreeMap);
  return [`- ${first}`, ...indented(others)];
}

/** Lines of a block that Helm repeats or leaves out. */
const within = (action: string, lines: readonly string[]): string[] => [
  `{{- ${action} }}`,
  ...lines,
  '{{- end }}',
];

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** What fits behind a key; undefined for what takes lines of its own. */
function inlineText(tree: Tree): string | undefined {
  if (isPart(tree)) return inlinePart(tree);
  if (typeof tree !== 'object') return scalarText(tree);
  if (Object.keys(tree).length > 0) return undefined;
  return isList(tree) ? '[]' : '{}';
}

function inlinePart(part: Part): string {
  switch (part.part) {
    case 'value':
      return `{{ toJson .Values.${part.path} }}`;
    case 'text': {
      const format = part.pieces.join('%v');
      return `{{ printf ${JSON.stringify(format)} ${part.paths.map((path) => `.Values.${path}`).join(' ')} | toJson }}`;
    }
    case 'choice':
      return `{{ if .Values.${part.path} }}${inlineText(part.yes)}{{ else }}${inlineText(part.no)}{{ end }}`;
    case 'resources':
      return helmResources(part);
    case 'helm':
      return `{{ ${part.expression} }}`;
    case 'config':
      return configAction(part.path, part.file);
    default:
      throw new Error(`${part.path}: ${part.part} cannot stand on one line`);
  }
}

const configAction = (path: string, file: string): string => {
  const value = `.Values.${path}`;
  const given = `{{ if kindIs "string" ${value} }}{{ toJson ${value} }}{{ else }}{{ toYaml ${value} | toJson }}{{ end }}`;
  return `{{ if ${value} }}${given}{{ else }}{{ .Files.Get "${file}" | toJson }}{{ end }}`;
};

/** A scalar in YAML, on one line. */
const scalarText = (value: string | number | boolean): string => {
  const text = stringify(value, { lineWidth: 0, compat: 'yaml-1.1' }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
};
