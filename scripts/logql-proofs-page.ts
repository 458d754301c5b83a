import { shippedLogql } from '../test/support/shipped-logql.ts';
import { readProofs, standingOf, unprovedOf } from '../test/support/shipped-logql-proofs.ts';

/** docs/reference/logql-proofs.md, from the shipped LogQL and test/loki-proofs.json. */
export function logqlProofsPage(written: string): string {
  const shipped = shippedLogql();
  const proofs = readProofs();
  const unproved = unprovedOf(shipped, proofs);
  const unprovedNames = new Set(unproved.map(({ name }) => name));
  const proved = proofs.map(({ loki, date, digests }) => {
    const count = Object.keys(digests).filter((name) => !unprovedNames.has(name)).length;
    return `| ${loki} | ${date} | ${count} |`;
  });
  return `${written}# LogQL proved on a Loki

Weir ships LogQL in its documentation, runbooks, dashboards and rules, and \`weir logql\` writes more. Each run of the tests parses all of it with
the grammar of Grafana's editor. Only a real Loki shows what a query finds. The tests ask one where a developer has it, and note what it proved:

- Searches, filter words and rules find what the flows say.
- Dashboards find data.
- Runbooks and examples are answered without an error.

| Loki | date | proved in their present text |
|---|---|---|
${proved.join('\n')}

${standingOf(shipped, proofs)}${unproved.length === 0 ? '.' : ', because they are new or have changed:'}

${unproved.map(({ name }) => `- \`${name}\``).join('\n')}
`;
}
