import { join } from 'node:path';
import { GoModule } from './go-module.ts';
import { moduleSummary } from './module-list.ts';

/**
 * The servers that tests run and Debian lacks, or has too old, by program name: the Go module in
 * test/servers, and the purpose. The only such list.
 */
export const builtServers = {
  'deploy-tools': {
    module: 'deploy-tools',
    package: '.',
    for: 'deploy/ as Helm and Kustomize render it',
  },
  goflow2: {
    module: 'goflow2',
    package: 'github.com/netsampler/goflow2/v2/cmd/goflow2',
    for: "Weir's IPFIX in a collector whose workers read datagrams in any order",
  },
  kubernetes: {
    module: 'kubernetes',
    package: '.',
    for: 'a Kubernetes cluster: etcd, kube-apiserver, kube-controller-manager, kube-proxy',
  },
  'loki-push': {
    module: 'loki-push',
    package: '.',
    for: "pushes read by Loki's own types",
  },
  'otel-collector': {
    module: 'otel-collector',
    package: '.',
    for: 'OTLP as an OpenTelemetry Collector receives it',
  },
  prometheus: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    for: 'metrics scraped, received by OTLP, queried and alerted on',
  },
  promtool: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    for: "rules and metrics checked by Prometheus's own tool",
  },
  'victoria-logs': {
    module: 'victoria-logs',
    package: 'github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs',
    for: 'flow logs pushed and searched',
  },
  vmalert: {
    module: 'vmalert',
    package: 'github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert',
    for: 'rules over flow logs in VictoriaLogs',
  },
} as const satisfies Record<string, { module: string; package: string; for: string }>;

export type BuiltServerName = keyof typeof builtServers;

const names = Object.keys(builtServers) as BuiltServerName[];

// two of Prometheus's thirty discovery mechanisms: less to download and compile, less than half the size
const tagsOf: Record<string, readonly string[]> = {
  prometheus: ['remove_all_sd', 'enable_kubernetes_sd', 'enable_dns_sd'],
};

// a Kubernetes that is built without its version calls itself 0.0.0, which clients do not accept
const version = 'k8s.io/component-base/version';
const variablesOf: Record<string, Readonly<Record<string, string>>> = {
  kubernetes: {
    [`${version}.gitVersion`]: 'v1.36.3',
    [`${version}.gitMajor`]: '1',
    [`${version}.gitMinor`]: '36',
  },
};

const modules = new Map<string, GoModule>();
for (const { module } of Object.values(builtServers)) {
  const packages = Object.values(builtServers)
    .filter((server) => server.module === module)
    .map((server) => server.package);
  const source = join(import.meta.dirname, '../servers', module);
  const options = { packages, tags: tagsOf[module] ?? [], variables: variablesOf[module] ?? {} };
  modules.set(module, new GoModule(source, options));
}

export function isBuilt(name: BuiltServerName): boolean {
  return moduleOf(name).isBuilt;
}

/** The program's path. `requires(name)` around a test ensures that the program exists. */
export function serverProgram(name: BuiltServerName): string {
  return join(moduleOf(name).directory, name);
}

/** Builds the missing servers, one module after the other. Returns the reason for each that failed. */
export async function buildServers(say: (line: string) => void): Promise<Map<BuiltServerName, string>> {
  const failures = new Map<BuiltServerName, string>();
  for (const [module, goModule] of modules) {
    try {
      await goModule.build(say);
    } catch (error) {
      const reason = `cannot be built: ${(error as Error).message}`;
      say(`  ${module} ${reason}`);
      for (const name of names) if (builtServers[name].module === module) failures.set(name, reason);
    }
  }
  return failures;
}

/**
 * The modules in each built server: a line with their number and licences. Throws when one has a module under
 * a licence that the tests do not allow.
 */
export async function summarizeModules(): Promise<string[]> {
  const built = [...modules].filter(([, { isBuilt }]) => isBuilt);
  const lines = built.map(
    async ([name, goModule]) => `${name}: ${moduleSummary(await goModule.modules())}, ${goModule.directory}`,
  );
  return Promise.all(lines);
}

function moduleOf(name: BuiltServerName): GoModule {
  return modules.get(builtServers[name].module)!;
}
