import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderedDeployment } from '../../deploy/source/rendered-deployment.ts';

const folder = join(import.meta.dirname, '../../deploy');
const rendered = renderedDeployment();

describe('the deployment', () => {
  it.each(Object.entries(rendered))(
    'equals the output of its source (npm run deploy writes it): %s',
    (path, text) => {
      expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
    },
  );

  it('has no file that no source renders', () => {
    const found = globSync('{kustomize,helm}/**', { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    expect(found.sort()).toEqual(Object.keys(rendered).sort());
  });
});
