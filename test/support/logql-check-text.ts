import type { SyntaxNode } from '@lezer/common';
import { textOfString } from './logql-check-string.ts';

/** What the nodes of a query's tree say. */
export class QueryText {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  of({ from, to }: SyntaxNode): string {
    return this.#query.slice(from, to);
  }

  /** The texts of a node's own strings. A string that Go refuses is left out: it is a fault by itself. */
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
