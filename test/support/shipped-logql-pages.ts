import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The pages that users read, by their paths from the project's root. */
export const pages: readonly string[] = globSync(
  ['README.md', 'docs/**/*.md', 'alerts/runbooks/*.md', 'examples/**/*.md'],
  { cwd: root },
).sort();

interface Block {
  /** The nearest heading above. */
  readonly heading: string;
  /** The info string after the opening fence. */
  readonly language: string;
  readonly text: string;
}

/**
 * The queries in a page's blocks, by the headings above them. The second below a heading has the number 2.
 */
export function queriesOfPage(path: string): Map<string, string> {
  const queries = new Map<string, string>();
  for (const { heading, query } of blocksOf(readFileSync(join(root, path), 'utf8')).flatMap(queriesOf)) {
    let name = heading;
    for (let i = 2; queries.has(name); i++) name = `${heading} (${i})`;
    queries.set(name, query);
  }
  return queries;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  for (const [, title, language, text] of page.matchAll(/^#+ (.+)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else blocks.push({ heading, language: language!, text: text! });
  }
  return blocks;
}

/**
 * The queries of a block. A block of LogQL is one query, or one a line when each line names streams. A stage
 * alone becomes a query of all flows. In a block without a language the output of `weir logql` is a query.
 */
function queriesOf({ heading, language, text }: Block): { heading: string; query: string }[] {
  const query = (one: string) => ({ heading, query: one.trim() });
  if (language === '') {
    return Array.from(
      text.matchAll(/^\$ (?:npx )?weir logql .*\n([^$]+?)(?=\n\n|\n\$|\n$)/gm),
      ([, printed]) => query(printed!),
    );
  }
  if (language !== 'logql') return [];
  const lines = text.trim().split('\n');
  if (lines.every((line) => /\{\w+[=!]/.test(line))) return lines.map(query);
  return [query(text.startsWith('|') ? `{service_name="weir-flows"} ${text}` : text)];
}
