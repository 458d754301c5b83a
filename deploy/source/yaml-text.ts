import { stringify } from 'yaml';
import type { Plain } from './plain.ts';

/** The first line of rendered files. */
export const written = '# Written by "npm run deploy" from deploy/source. Change that, not this.\n';

export const yamlOf = (value: Plain): string =>
  written + stringify(value, { lineWidth: 0, blockQuote: 'literal', compat: 'yaml-1.1' });

export const KUSTOMIZE = 'kustomize.config.k8s.io';
export const componentKind = { apiVersion: `${KUSTOMIZE}/v1alpha1`, kind: 'Component' };
