import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ShippedLogql } from './shipped-logql.ts';

/*
 * test/loki-proofs.json keeps a digest of each shipped query and rule as a real Loki last proved it. A text
 * that is new or has changed since has another digest: no Loki has proved it.
 */

/** What one Loki proved on one day. */
export interface Proof {
  /** Loki's version, such as "3.7.8". */
  readonly loki: string;
  /** ISO 8601, without a time. */
  readonly date: string;
  /** Digests by the names of `shippedLogql()`. */
  readonly digests: Readonly<Record<string, string>>;
}

export const proofsFile = new URL('../loki-proofs.json', import.meta.url);

export const readProofs = (file = proofsFile): Proof[] => JSON.parse(readFileSync(file, 'utf8'));

/** Short enough to read, long enough to be unique. */
export const digestOf = ({ proved }: ShippedLogql): string =>
  createHash('sha256').update(proved).digest('hex').slice(0, 16);

/** What no Loki has proved in its present text. */
export function unprovedOf(shipped: readonly ShippedLogql[], proofs: readonly Proof[]): ShippedLogql[] {
  return shipped.filter((one) => !proofs.some(({ digests }) => digests[one.name] === digestOf(one)));
}

/** Names that have a proof and are no longer shipped. */
export function departedOf(shipped: readonly ShippedLogql[], proofs: readonly Proof[]): string[] {
  const names = new Set(shipped.map(({ name }) => name));
  return proofs.flatMap(({ digests }) => Object.keys(digests)).filter((name) => !names.has(name));
}

/**
 * The proofs after a Loki has proved something. A text that the same version proved before keeps its day, so
 * that a run without news changes nothing.
 */
export function renewed(
  proofs: readonly Proof[],
  proved: readonly ShippedLogql[],
  { loki, date }: Pick<Proof, 'loki' | 'date'>,
): Proof[] {
  const isKnown = (one: ShippedLogql) =>
    proofs.some((proof) => proof.loki === loki && proof.digests[one.name] === digestOf(one));
  const news = proved.filter((one) => !isKnown(one));
  const names = new Set(news.map(({ name }) => name));
  const kept = proofs.map((proof) => ({ ...proof, digests: without(proof.digests, names) }));
  const ofToday = kept.find((proof) => proof.loki === loki && proof.date === date);
  const digests = {
    ...ofToday?.digests,
    ...Object.fromEntries(news.map((one) => [one.name, digestOf(one)])),
  };
  return inOrder([...kept.filter((proof) => proof !== ofToday), { loki, date, digests }]);
}

function without(digests: Proof['digests'], names: ReadonlySet<string>): Proof['digests'] {
  return Object.fromEntries(Object.entries(digests).filter(([name]) => !names.has(name)));
}

/** The newest first, names sorted, without proofs of nothing. */
function inOrder(proofs: readonly Proof[]): Proof[] {
  return proofs
    .filter(({ digests }) => Object.keys(digests).length > 0)
    .map(({ loki, date, digests }) => ({ loki, date, digests: sortedByName(digests) }))
    .sort((one, other) => compare(other.date, one.date) || byVersion.compare(other.loki, one.loki));
}

const sortedByName = (digests: Proof['digests']): Proof['digests'] =>
  Object.fromEntries(Object.entries(digests).sort(([one], [other]) => compare(one, other)));

const byVersion = new Intl.Collator('en', { numeric: true });

const compare = (one: string, other: string): number => Number(one > other) - Number(one < other);

/** The file's text for these proofs. */
export const textOf = (proofs: readonly Proof[]): string => `${JSON.stringify(inOrder(proofs), null, 2)}\n`;

/** One line that says how much of the shipped LogQL has no proof. */
export function standingOf(shipped: readonly ShippedLogql[], proofs: readonly Proof[]): string {
  const unproved = unprovedOf(shipped, proofs).length;
  const [newest] = inOrder(proofs);
  const since = newest === undefined ? 'yet' : `since ${newest.loki} (${newest.date})`;
  return `${unproved} of ${shipped.length} shipped LogQL queries not proved on a Loki ${since}`;
}
