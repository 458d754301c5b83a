import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../alerts/runbooks/', import.meta.url);

/** The query in this language from each runbook with one, by the page's name. */
export const runbookQueries = (language: 'logql' | 'logsql'): [page: string, query: string][] =>
  readdirSync(folder).flatMap((page) => {
    const text = readFileSync(new URL(page, folder), 'utf8');
    const query = new RegExp(`\`\`\`${language}\n([^\`]*)\n\`\`\``).exec(text)?.[1];
    return query === undefined ? [] : [[page, query]];
  });
