import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Loki, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { shippedLogql } from '../support/shipped-logql.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';

/*
 * Other tests try the searches of docs/logql.md, filter words, rules, runbooks and dashboards in a real Loki.
 * This one tries the other examples on pages.
 */

const examples = shippedLogql().filter(({ name }) =>
  /^(README|examples|docs\/(?!logql\.md: .*\?$))/.test(name),
);

requires('loki')('a real Loki', () => {
  let loki: Loki;

  beforeAll(async () => {
    loki = await startLoki();
  });

  afterAll(() => loki?.stop());
  provesLogql(
    () => loki,
    examples.map(({ name }) => name),
  );

  it.each(examples)('answers $name', async ({ queries: [query] }) => {
    const asked = query!.startsWith('{') ? loki.lines(query!) : loki.query(query!);
    await expect(asked).resolves.toEqual([]);
  });
});
