import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Kubernetes } from './kubernetes.ts';
import type { ApiObject } from './kubernetes-api.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import { weirProgram } from './weir.ts';

/** Gives the program the files of a ServiceAccount where the kubelet mounts them, for itself alone. */
const mountAndRun = [
  'mount -t tmpfs tmpfs /run',
  'mkdir -p /run/secrets/kubernetes.io',
  'cp -r "$1" /run/secrets/kubernetes.io/serviceaccount',
  'shift',
  'exec "$@"',
].join(' && ');

const base = new URL('../../deploy/kustomize/base/', import.meta.url);

/** A manifest of the base. */
export const readManifest = (name: string): ApiObject =>
  parse(readFileSync(new URL(`${name}.yaml`, base), 'utf8')) as ApiObject;

/**
 * Applies what the base says of namespaces, of ServiceAccounts and of their rights, and the empty objects for
 * certificates; namespaces first.
 */
export async function applyRights({ admin }: Kubernetes): Promise<void> {
  const names = readdirSync(base)
    .filter((name) => /-(namespace|service-account|role|binding|secret|authorities)\.yaml$/.test(name))
    .map((name) => name.replace('.yaml', ''));
  const isNamespace = (name: string) => name.endsWith('-namespace');
  for (const name of names.filter(isNamespace)) await admin.apply(readManifest(name));
  for (const name of names.filter((one) => !isNamespace(one))) await admin.apply(readManifest(name));
}

/** The ServiceAccounts of the base. */
export const accounts = {
  agent: { name: 'weir-agent', namespace: 'weir-agent' },
  aggregator: { name: 'flow-aggregator', namespace: 'flow-aggregator' },
} as const;

/** The ServiceAccount of a Pod, and its namespace. */
export interface Account {
  readonly name: string;
  readonly namespace: string;
}

/** Writes the files that a Pod has of its ServiceAccount into a new directory. */
export async function writeAccount(kubernetes: Kubernetes, { name, namespace }: Account): Promise<string> {
  const folder = kubernetes.directory.file(`account-${name}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  const token = await kubernetes.admin.serviceAccountToken(namespace, name);
  const files = { token, namespace, 'ca.crt': kubernetes.ca };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

/**
 * The begin of a command that runs the rest as in a Pod.
 * @param folder with the files of its ServiceAccount
 */
export const podCommand = (folder: string): string[] => [
  ...['unshare', '--mount', 'sh', '-c', mountAndRun, 'sh'],
  folder,
];

/** The variables by which a Pod finds the API server. */
export function podEnvironment({ url }: Kubernetes): Record<string, string> {
  const { hostname, port } = new URL(url);
  return { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
}

/**
 * Starts Weir as in a Pod: with the files of its ServiceAccount.
 * @param environment where the API server is, and more; by default its own address
 */
export async function startWeirInPod(
  host: NetworkNamespace,
  kubernetes: Kubernetes,
  account: Account,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = podEnvironment(kubernetes),
): Promise<Program> {
  const folder = await writeAccount(kubernetes, account);
  return host.start([...podCommand(folder), process.execPath, weirProgram, ...words], { environment });
}
