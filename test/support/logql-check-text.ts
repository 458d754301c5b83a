import type { SyntaxNode } from '@lezer/common';
import { textOfString } from './logql-check-string.ts';

/** The texts of the nodes in a query's tree. */
export class QueryText {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  of({ from, to }: SyntaxNode): string {
    return this.#query.slice(from, to);
  }

  /** The texts of a node's own strings. A string that Go refuses is left out: it has its own fault. */
  stringsIn(node: SyntaxNode): string[] {
    return node.getChildren('String').flatMap((string) => {
      try {
        return [textOfString(this.of(string))];
      } catch {
        return [];
      }
    });
  }
}
