/** The labels of a selector whose values are JSON strings. */
export function labelsOf(selector: string): Record<string, string> {
  const pairs = selector.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)=("(?:[^"\\]|\\.)*")/g);
  return Object.fromEntries(Array.from(pairs, ([, name, value]) => [name!, JSON.parse(value!)]));
}
