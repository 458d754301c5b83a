import { describe } from 'vitest';
import { isGiven, type Need, notGiven, unmetVariable, whyUnmet } from './needs.ts';

/**
 * A `describe` for tests that need more than Node:
 *
 *   requires('namespaces', 'tshark')('an exported record', () => { it(…) });
 *
 * If a need is not met, the tests are left out, and the title states the reason. `npm test` has already
 * checked the needs and installed what it could. Plain vitest checks them here.
 */
export function requires(...needs: Need[]): (title: string, tests: () => void) => void {
  const unmet = needs.filter((need) => reasonToLeaveOut(need) !== undefined);
  if (unmet.length === 0) return (title, tests) => describe(title, tests);
  const how = unmet.every(isGiven) ? notGiven : 'left out';
  const reasons = unmet.map(reasonToLeaveOut).join('; ');
  return (title, tests) => describe.skipIf(true)(`${title} (${how}: ${reasons})`, tests);
}

const told = process.env[unmetVariable];
const known = new Map<Need, string | undefined>(
  told === undefined ? [] : (Object.entries(JSON.parse(told)) as []),
);

function reasonToLeaveOut(need: Need): string | undefined {
  if (told === undefined && !known.has(need)) known.set(need, whyUnmet(need));
  return known.get(need);
}
