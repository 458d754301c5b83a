import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A block of code in a document, fenced or indented. */
export interface Block {
  /** The document's path in the checkout. */
  readonly page: string;
  /** What the fence says, such as "yaml"; empty where it says nothing, and for indented blocks. */
  readonly language: string;
  readonly text: string;
}

/** All blocks of what a user follows: README, docs/how-to and the examples. */
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

/** What a user types of a block: the lines after a prompt, where there are prompts; else all lines. */
export function commandsIn({ text }: Block): string {
  const prompted = text.split('\n').filter((line) => line.startsWith('$ '));
  return prompted.length > 0 ? prompted.map((line) => line.slice(2)).join('\n') : text;
}

/** Blocks by page and beginning, and which of them nobody has asked for. */
export class TakenBlocks {
  readonly #all = documentBlocks();
  readonly #taken = new Set<Block>();

  /** Those of a page that begin so. @throws {Error} when there is none */
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

  /** All blocks whose fence says this language. */
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
