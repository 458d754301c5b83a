import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { serverProgram } from '../support/built-servers.ts';
import { HttpApi } from '../support/http-api.ts';
import { logFlows } from '../support/loki-flows.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs } from '../support/victoria-logs.ts';

const page = readFileSync(new URL('../../docs/how-to/victorialogs.md', import.meta.url), 'utf8');

requires('victoria-logs')('docs/how-to/victorialogs.md', () => {
  it('starts VictoriaLogs with existing flags, and names their defaults', async () => {
    const { stdout } = await new Program([serverProgram('victoria-logs'), '-help']).ended;
    const flags = Array.from(page.matchAll(/(?<=[`\s])-([a-z][\w.]+)(?=[=`\s])/g), ([, flag]) => flag!);
    expect(flags.length).toBeGreaterThan(6);
    for (const flag of flags) expect(stdout).toMatch(new RegExp(`^ {2}-${flag}( |$)`, 'm'));
    for (const [, flag, standard] of page.matchAll(/^\| `-([\w.]+)` \| (\d+[a-z]) \|/gm)) {
      const [text] = new RegExp(`^ {2}-${flag} [\\s\\S]*?(?=^ {2}-)`, 'm').exec(stdout)!;
      expect(text).toContain(`(default ${standard})`);
    }
  });

  it('names metrics that VictoriaLogs has after the first flows', async () => {
    await using server = await startVictoriaLogs();
    for (const encoding of ['protobuf', 'json'] as const) {
      const receiver = { url: server.url, server: 'victoriaLogs' } as const;
      await logFlows(receiver, [batchOf([numberedFlow(1)])], { encoding });
    }
    await server.flush();
    const ingested = (type: string) => server.metric('vl_rows_ingested_total', { type });
    await until(
      'the last push on a page that is kept for a second',
      async () => (await ingested('loki_json')) > 0,
    );
    const metrics = await new HttpApi(server.url).get('/metrics');
    const named = Array.from(page.matchAll(/`((?:vl|process)_\w+(?:\{[^}]*\})?)`/g), ([, metric]) => metric!);
    expect(named.length).toBeGreaterThan(6);
    const missing = named.filter((metric) => !metrics.includes(`\n${metric}`));
    expect(missing).toEqual([]);
    for (const [, type] of page.matchAll(/loki_(protobuf|json)/g)) {
      expect(await ingested(`loki_${type}`)).toBe(1);
    }
  });
});
