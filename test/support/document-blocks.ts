import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A block of code in a document, fenced or indented. */
export interface Block {
  /** The document's path in the checkout. */
  readonly page: string;
  /** The language of the fence, such as "yaml"; empty without one, and for indented blocks. */
  readonly language: string;
  readonly text: string;
}

/** All blocks that a user follows: README, docs/how-to and the examples. */
export function documentBlocks(): Block[] {
  const pages = ['README.md', ...globSync(['docs/how-to/*.md', 'examples/**/*.md'], { cwd: root })];
  return pages.sort().flatMap((page) => blocksIn(page, readFileSync(join(root, page), 'utf8')));
}

function blocksIn(page: string, text: string): Block[] {
  const pattern = /^```(\w*)\n(.*?)^```$|(?<=\n\n)((?: {4}[^\n]*\n|\n(?= {4}))+)/gms;
  return Array.from(text.matchAll(pattern), ([, language, fenced, indented]) => ({
    page,
    language: language ?? '',
    text: fenced ?? indented!.replace(/^ {4}/gm, ''),
  }));
}

/** The lines of a block that a user types: those after a prompt, if there are prompts; else all. */
export function commandsIn({ text }: Block): string {
  const prompted = text.split('\n').filter((line) => line.startsWith('$ '));
  return prompted.length > 0 ? prompted.map((line) => line.slice(2)).join('\n') : text;
}

/** Blocks by page and first line, and which of them no test has taken. */
export class TakenBlocks {
  readonly #all = documentBlocks();
  readonly #taken = new Set<Block>();

  /** The blocks of a page that begin like this. @throws {Error} when there is none */
  takeAll(page: string, beginning: string): Block[] {
    const found = this.#all.filter((block) => block.page === page && block.text.startsWith(beginning));
    if (found.length === 0) throw new Error(`${page} has no block that begins with ${beginning}`);
    for (const block of found) this.#taken.add(block);
    return found;
  }

  /** The first of these. @throws {Error} when there is none */
  take(page: string, beginning: string): Block {
    return this.takeAll(page, beginning)[0]!;
  }

  /** All blocks whose fence has this language. */
  takeLanguage(language: string): Block[] {
    const found = this.#all.filter((block) => block.language === language);
    for (const block of found) this.#taken.add(block);
    return found;
  }

  /** Page and first line of each block that was not taken. */
  left(): string[] {
    return this.#all
      .filter((block) => !this.#taken.has(block))
      .map(({ page, text }) => `${page}: ${text.split('\n')[0]}`);
  }
}
