/** A dashboard's stable id, from the name of its file. */
export function uidOf(name: string): string {
  return `weir-${name}`;
}
