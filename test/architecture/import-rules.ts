import { posix } from 'node:path';
import type { House, Room } from './rooms.ts';
import { importsOf, type Source } from './sources.ts';

/** One sentence for each import that breaks a rule of the house. */
export function brokenImports(sources: Source[], house: House): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap((specifier) => {
      const broken = specifier.startsWith('.')
        ? brokenInside(source.path, posix.join(posix.dirname(source.path), specifier), house)
        : brokenOutside(source.path, specifier, house);
      return broken ? [`${source.path} imports ${specifier}: ${broken}`] : [];
    }),
  );
}

function brokenInside(from: string, to: string, { rooms, doors }: House): string | undefined {
  if (to === 'package.json') return undefined; // the program's own version
  const source = roomOf(from, rooms);
  const target = roomOf(to, rooms);
  if (target === undefined) return `${to} is in no room`;
  if (source !== target) {
    // a file directly in src/ stands above all rooms
    if (source && target.level === source.level)
      return `rooms of one level (${target.level}) know nothing of each other`;
    if (source && target.level > source.level)
      return `level ${source.level} may not import from level ${target.level}`;
    return to === `${target.folder}index.ts` || doors.has(to)
      ? undefined
      : `a room is entered through ${target.folder}index.ts`;
  }
  if (doors.has(to)) return undefined;
  const [first, ...deeper] = posix
    .relative(posix.dirname(from), to)
    .split('/')
    .filter((part) => part !== '..');
  if (deeper.length === 0 || (deeper.length === 1 && deeper[0] === 'index.ts')) return undefined;
  return `the folder ${first} is entered through its index.ts`;
}

function brokenOutside(from: string, specifier: string, { libraries }: House): string | undefined {
  const folder = longestPrefix(from, [...libraries.keys()]);
  if (folder === undefined) return undefined;
  const name = specifier.startsWith('node:') ? 'node:*' : packageOf(specifier);
  return libraries.get(folder)!.has(name) ? undefined : `${folder} may not use ${name}`;
}

function roomOf(path: string, rooms: Room[]): Room | undefined {
  const folder = longestPrefix(
    path,
    rooms.map((room) => room.folder),
  );
  return rooms.find((room) => room.folder === folder);
}

function longestPrefix(path: string, folders: string[]): string | undefined {
  return folders.filter((folder) => path.startsWith(folder)).sort((a, b) => b.length - a.length)[0];
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
