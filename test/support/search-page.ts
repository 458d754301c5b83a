import { readFileSync } from 'node:fs';

/** A page of docs/ with questions as headings and, below each, the query that answers it. */
export interface SearchPage {
  readonly text: string;
  /** The queries by the questions above them. */
  readonly queries: ReadonlyMap<string, string>;
}

/** @param language of the queries, as in the info strings of their blocks */
export function readSearchPage(name: string, language: 'logql' | 'logsql'): SearchPage {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const block = new RegExp(`^### (.+)$(?:(?!^#)[\\s\\S])*?^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  const queries = new Map(
    Array.from(text.matchAll(block), ([, question, query]) => [question!, query!] as const),
  );
  return { text, queries };
}
