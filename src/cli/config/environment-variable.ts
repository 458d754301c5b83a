import { type Document, isPair, isScalar, isSeq, visit } from 'yaml';
import { nodeAt, type Section } from '../../runtime/index.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/**
 * A variable as shells, Compose and Kubernetes write it. A bare name counts only in capitals, because titles
 * may contain Grafana's variables.
 */
const variable = /(?<!\\)\$(\{[A-Za-z_]\w*([:?+=-][^}]*)?\}|\([A-Za-z_]\w*\)|[A-Z_][A-Z0-9_]*\b)/;

export const hasVariable = (text: string): boolean => variable.test(text);

/** Finds values with an environment variable, which Weir does not replace. */
export function variableProblems(yaml: YamlDocument, root: Section): ConfigProblem[] {
  const paths = pathsOfVariables(yaml.document).filter((path) => !isPattern(root, path));
  return paths.map((path) => {
    const { line, found } = yaml.at(path);
    const advice = 'a secret belongs into a file (headersFile, passwordFile, bearerTokenFile)';
    const expected = 'the value itself, as Weir replaces no variables';
    return { file: yaml.file, line, key: path.join('.'), expected, found, advice };
  });
}

/** Whether a value is a pattern, or an item in a list of patterns. */
function isPattern(root: Section, path: Path): boolean {
  const node = nodeAt(root, typeof path.at(-1) === 'number' ? path.slice(0, -1) : path);
  return node?.kind === 'option' && node.isPattern;
}

function pathsOfVariables(document: Document): Path[] {
  const paths: Path[] = [];
  visit(document, {
    Scalar(step, { value }, above) {
      if (step !== 'key' && typeof value === 'string' && hasVariable(value)) {
        paths.push(pathOf(step, above));
      }
    },
  });
  return paths;
}

/** The path to a node: a key for each pair, a number for each list. */
function pathOf(step: number | 'key' | 'value' | null, above: readonly unknown[]): Path {
  return above.flatMap((node, depth): PropertyKey[] => {
    if (isPair(node)) return isScalar(node.key) ? [String(node.key.value)] : [];
    if (!isSeq(node)) return [];
    return [depth === above.length - 1 ? Number(step) : node.items.indexOf(above[depth + 1])];
  });
}
