import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { checkVmalert } from '../support/vmalert.ts';
import { alertsIn, rulesIn } from './rules-read.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/how-to/alerts.md'), 'utf8');
const [fromLogs] = page.split(/^## From logs .*$/m)[1]!.split('\n## ') as [string];

describe('docs/how-to/alerts.md', () => {
  it.each(['loki', 'victorialogs'])('lists the log-based alerts of alerts/%s', (folder) => {
    const told = [...fromLogs.matchAll(/^\| (Weir\w+) \|/gm)].map(([, alert]) => alert);
    const files = readdirSync(join(root, 'alerts', folder));
    const rules = files.flatMap((file) => rulesIn(readFileSync(join(root, 'alerts', folder, file), 'utf8')));
    expect(told.sort()).toEqual([...new Set(alertsIn(rules).map(({ alert }) => alert))].sort());
  });
});

requires('vmalert')('by vmalert', () => {
  it('the command of docs/how-to/alerts.md is accepted', async () => {
    const [, command] = /```sh\n(vmalert-prod [^`]*)```/.exec(fromLogs)!;
    const [, ...args] = command!.replaceAll('\\\n', ' ').replaceAll("'", '').trim().split(/\s+/);
    await checkVmalert(...args.map((arg) => arg.replace('=alerts/', `=${root}/alerts/`)));
  });
});

requires('prometheus-alertmanager')('by amtool', () => {
  it('the holidays of docs/how-to/alerts.md are a calendar that Alertmanager accepts', async () => {
    using directory = new TemporaryDirectory();
    const [configuration] = /^ {4}time_intervals:\n(?: {4}.*\n)+/m.exec(page)!;
    const file = directory.file('alertmanager.yml');
    writeFileSync(file, configuration!.replaceAll(/^ {4}/gm, ''));
    const checked = await new Program(['amtool', 'check-config', file]).ended;
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
  });
});
