import type { Option, Shape } from '../../runtime/index.ts';
import { configFiles } from './config-file.ts';
import type { FileKind } from './config-text.ts';

const WIDTH = 100;

/** Writes an example file: each option with its description, values and default, all commented out. */
export function exampleFile(kind: FileKind): string {
  const { shape } = configFiles[kind].root;
  const older = olderKeysOf(shape);
  const newer = Object.fromEntries(Object.entries(shape).filter(([key]) => !older.has(key)));
  const lines = [
    `# The configuration of weir ${kind}: every option, commented out.`,
    '# A line that begins with "#key:" has the default of the option. Remove its # to change it.',
    '# A line that begins with "# key:" has no value by default.',
    `# Check the file with: weir config check FILE`,
    '',
    ...linesOf(newer, '', '#'),
  ];
  return `${lines.join('\n')}\n`;
}

/** Older keys are left out, since the file has the newer ones. */
function olderKeysOf(shape: Shape): ReadonlySet<string> {
  const keys = Object.values(shape).flatMap((node) => {
    if (node.kind === 'option') return node.olderKey ?? [];
    return [...olderKeysOf(node.shape)];
  });
  return new Set(keys);
}

/** @param mark turns a line with a default into a comment */
function linesOf(shape: Shape, indent: string, mark: string): string[] {
  return Object.entries(shape).flatMap(([key, node]) => {
    if (node.kind === 'option') return [...optionLines(key, node, indent, mark), ''];
    const about = commentLines(node.description, indent);
    if (node.kind === 'sections')
      return [...about, `${indent}${mark}${key}: []`, ...itemLines(node.shape, indent), ''];
    if (node.isOptional)
      return [...about, `${indent}# ${key}:`, ...itemOptions(node.shape, `${indent}#   `), ''];
    return [...about, `${indent}${key}:`, ...linesOf(node.shape, `${indent}  `, mark)];
  });
}

/** An item of a list, which has no default: each line stays a comment. */
const itemLines = (shape: Shape, indent: string): string[] => [
  `${indent}# Each item is a map:`,
  ...itemOptions(shape, `${indent}#   `),
];

function itemOptions(shape: Shape, indent: string): string[] {
  return Object.entries(shape).flatMap(([key, node]) => {
    if (node.kind === 'option') return optionLines(key, node, indent, '');
    const value = node.kind === 'sections' ? ' []' : '';
    return [
      ...commentLines(node.description, indent),
      `${indent}${key}:${value}`,
      ...itemOptions(node.shape, `${indent}  `),
    ];
  });
}

function optionLines(key: string, option: Option<unknown>, indent: string, mark: string): string[] {
  const { description, value, derived, defaultText } = option;
  const otherwise = derived === undefined ? '' : ` Default: ${derived}.`;
  const line =
    defaultText === undefined ? `${mark}${mark === '' ? '' : ' '}${key}:` : `${mark}${key}: ${defaultText}`;
  return [
    ...commentLines(description, indent),
    ...wrappedText(`Value: ${value}.${otherwise}`, indent),
    indent + line,
  ];
}

/** A description as comment lines. */
export const commentLines = (description: string, indent: string): string[] =>
  wrappedText(sentenceOf(description), indent);

const sentenceOf = (description: string): string =>
  `${description.charAt(0).toUpperCase()}${description.slice(1)}${description.endsWith('.') ? '' : '.'}`;

/** Wraps a text into comment lines. */
function wrappedText(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
