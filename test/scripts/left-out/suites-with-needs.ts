import { it } from 'vitest';
import type { Need } from '../../support/needs.ts';
import { requires } from '../../support/requires.ts';

/* Suites that need this or that, for left-out-tests.test.ts, which says what of it is not there. */

const needs: readonly Need[][] = [['loki'], ['nft'], ['loki', 'nft'], ['loki', 'ip'], ['ip']];

for (const each of needs) requires(...each)(`of ${each.join(' and ')}`, () => it('runs', () => {}));
