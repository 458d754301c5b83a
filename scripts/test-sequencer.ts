import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** How long test files take that take longest, in seconds, roughly, on a machine with two cores. */
const longest: Readonly<Record<string, number>> = {
  'test/e2e/packages.test.ts': 315,
  'test/store/killed-writer.test.ts': 224,
  'test/e2e/alerts.test.ts': 197,
  'test/e2e/documents.test.ts': 193,
  'test/e2e/observability-example.test.ts': 157,
  'test/alerts/rule-files.test.ts': 157,
  'test/e2e/observability.test.ts': 115,
  'test/interop/victorialogs-rules.test.ts': 115,
  'test/e2e/metrics.test.ts': 115,
  'test/e2e/kubernetes-proxies.test.ts': 100,
  'test/e2e/kubernetes-flows.test.ts': 90,
  'test/interop/kubernetes/faults.test.ts': 85,
  'test/e2e/metrics-delay.test.ts': 85,
  'test/interop/logsql-filters.test.ts': 65,
  'test/interop/metrics-readers.test.ts': 60,
  'test/cli/command-line.test.ts': 50,
  'test/e2e/restarts-under-open-connections.test.ts': 50,
  'test/e2e/restarts.test.ts': 50,
  'test/interop/victorialogs-size.test.ts': 45,
};
/** As long as the others take by project. */
const others: Readonly<Record<string, number>> = { unit: 2, system: 17 };

/**
 * Mixes the files of projects that run in one group. So files that wait run beside files that work, from the
 * beginning to the end. The longest begin first, so that none is alone at the end.
 */
export default class MixingSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const timeOf = ({ moduleId, project }: TestSpecification): number =>
      longest[relative(this.ctx.config.root, moduleId)] ?? others[project.name] ?? 1;
    const byLength = (await super.sort(files)).sort((a, b) => timeOf(b) - timeOf(a));
    const begins = new Map<TestSpecification, number>(); // as a share of the time of the project's files
    for (const ofProject of Map.groupBy(byLength, ({ project }) => project.name).values()) {
      const total = ofProject.reduce((sum, file) => sum + timeOf(file), 0);
      let before = 0;
      for (const file of ofProject) {
        begins.set(file, before / total);
        before += timeOf(file);
      }
    }
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return byLength.sort((a, b) => groupOf(a) - groupOf(b) || begins.get(a)! - begins.get(b)!);
  }
}
