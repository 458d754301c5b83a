/*
 * npm run deploy: renders deploy/kustomize and the chart deploy/helm/weir from deploy/source, and removes
 * what no source renders. A test checks that the committed files are current.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { renderedDeployment } from '../deploy/source/rendered-deployment.ts';

const folder = join(import.meta.dirname, '../deploy');
const rendered = renderedDeployment();

for (const entry of globSync('{kustomize,helm}/**', { cwd: folder, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !Object.hasOwn(rendered, relative(folder, path))) rmSync(path);
}
for (const [path, text] of Object.entries(rendered)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
