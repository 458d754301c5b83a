/** Words as a shell reads them. */
export const quotedWords = (words: readonly string[]): string[] =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
