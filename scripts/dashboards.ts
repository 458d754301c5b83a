import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderDashboards } from '../grafana-dashboards/source/index.ts';
import { loadAggregatorSettings, readConfigFile } from '../src/cli/config/index.ts';

/*
 * npm run dashboards [-- --config AGGREGATOR.yaml] [--output FOLDER]: writes Grafana's dashboards as JSON,
 * into grafana-dashboards/ if nothing else is said. A test proves that the committed ones are what this would
 * write. With the aggregator's configuration, metrics that it defines and that ask for a panel are in the
 * dashboards, too; give a folder of your own then.
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
