import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderDashboards } from '../grafana-dashboards/source/index.ts';
import { loadAggregatorSettings, readConfigFile } from '../src/cli/config/index.ts';

/*
 * npm run dashboards [-- --config AGGREGATOR.yaml] [--output FOLDER]: renders Grafana's dashboards as JSON,
 * by default into grafana-dashboards/. A test checks that the committed files are current. With an
 * aggregator's configuration, the dashboards include its user-defined metrics that request a panel. Use
 * another folder then.
 */

const folder = join(import.meta.dirname, '../grafana-dashboards');

const { values } = parseArgs({
  options: { config: { type: 'string' }, output: { type: 'string', default: folder } },
});

mkdirSync(values.output, { recursive: true });
for (const [file, json] of Object.entries(renderDashboards(definedIn(values.config)))) {
  writeFileSync(join(values.output, file), json);
}

function definedIn(file: string | undefined) {
  if (file === undefined) return [];
  return loadAggregatorSettings(readConfigFile(file), file).settings.flowSeries.defined ?? [];
}
