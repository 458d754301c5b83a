import { describe } from 'vitest';
import { type Need, unmetVariable, whyUnmet } from './needs.ts';

/**
 * A `describe` for tests that need more than Node:
 *
 *   requires('namespaces', 'tshark')('an exported record', () => { it(…) });
 *
 * Where a need is not met the tests are left out and the reason stands in the title. `npm test` has looked
 * already and installed what it could; under plain vitest this looks itself.
 */
export function requires(...needs: Need[]): (title: string, tests: () => void) => void {
  const reasons = needs.map(reasonToLeaveOut).filter((reason) => reason !== undefined);
  if (reasons.length === 0) return (title, tests) => describe(title, tests);
  return (title, tests) => describe.skipIf(true)(`${title} (left out: ${reasons.join('; ')})`, tests);
}

const told = process.env[unmetVariable];
const known = new Map<Need, string | undefined>(
  told === undefined ? [] : (Object.entries(JSON.parse(told)) as []),
);

function reasonToLeaveOut(need: Need): string | undefined {
  if (told === undefined && !known.has(need)) known.set(need, whyUnmet(need));
  return known.get(need);
}
