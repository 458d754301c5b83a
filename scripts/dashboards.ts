import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderDashboards } from '../grafana-dashboards/source/index.ts';

/*
 * npm run dashboards: writes grafana-dashboards/*.json from grafana-dashboards/source. A test proves that the committed
 * ones are what this would write.
 */

const folder = join(import.meta.dirname, '../grafana-dashboards');

const { values } = parseArgs({ options: { output: { type: 'string', default: folder } } });
mkdirSync(values.output, { recursive: true });
for (const [file, json] of Object.entries(renderDashboards())) writeFileSync(join(values.output, file), json);
