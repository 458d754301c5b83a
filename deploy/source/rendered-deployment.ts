import { helmFiles } from './helm-chart.ts';
import { kustomizeFiles } from './kustomize.ts';

const under = (folder: string, files: Record<string, string>): [string, string][] =>
  Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]);

/** All rendered files by their path in deploy/. */
export const renderedDeployment = (): Record<string, string> =>
  Object.fromEntries([...under('kustomize', kustomizeFiles()), ...under('helm/weir', helmFiles())]);
