/** A folder of src/ as docs/architecture.md lists it. */
export interface Room {
  /** With a slash at its end: 'src/flow/'. */
  folder: string;
  level: number;
}

export interface House {
  rooms: Room[];
  /** Modules by which a room is entered besides its index. */
  doors: Set<string>;
  /** What may be imported from outside the sources, by folder: package names, and 'node:*'. */
  libraries: Map<string, Set<string>>;
  /** Folders and files that run in a browser, the program's own first. */
  inBrowser: string[];
}

/**
 * Reads the tables of docs/architecture.md: `| level | folder | …`, `| folder | may import |`, and
 * `| door | …` and `| in a browser |`, which may be missing.
 */
export function readHouse(markdown: string): House {
  const rooms: Room[] = [];
  const libraries = new Map<string, Set<string>>();
  for (const row of tableAfter(markdown, ['level', 'folder'])) {
    rooms.push({ level: Number(row[0]), folder: codeIn(row[1]!)[0]! });
  }
  for (const row of tableAfter(markdown, ['folder', 'may import'])) {
    libraries.set(codeIn(row[0]!)[0]!, new Set(codeIn(row[1]!)));
  }
  const firstCells = (header: string) =>
    markdown.includes(`| ${header} |`)
      ? tableAfter(markdown, [header]).flatMap(([cell]) => codeIn(cell!))
      : [];
  return { rooms, doors: new Set(firstCells('door')), libraries, inBrowser: firstCells('in a browser') };
}

/** The cells of the rows below the header that begins with these cells. */
function tableAfter(markdown: string, header: string[]): string[][] {
  const lines = markdown.split('\n').map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(`| ${header.join(' | ')} |`));
  if (start < 0) throw new Error(`docs/architecture.md has no table | ${header.join(' | ')} |`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end < 0 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}
