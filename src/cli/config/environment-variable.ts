import { type Document, isPair, isScalar, isSeq, visit } from 'yaml';
import { nodeAt, type Section } from '../../runtime/index.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/**
 * How shells, Compose and Kubernetes write a variable. A bare name is one in capitals only: a title may have
 * a variable of Grafana.
 */
const variable = /(?<!\\)\$(\{[A-Za-z_]\w*([:?+=-][^}]*)?\}|\([A-Za-z_]\w*\)|[A-Z_][A-Z0-9_]*\b)/;

/** Values with a variable of the environment, which Weir would take literally. */
export function variableProblems(yaml: YamlDocument, root: Section): ConfigProblem[] {
  const paths = pathsOfVariables(yaml.document).filter((path) => !isPattern(root, path));
  return paths.map((path) => {
    const { line, found } = yaml.at(path);
    const advice = 'a secret belongs into a file (headersFile, passwordFile, bearerTokenFile)';
    const expected = 'the value itself, as Weir replaces no variables';
    return { file: yaml.file, line, key: path.join('.'), expected, found, advice };
  });
}

/** Whether a value is one, or is in a list of such. */
function isPattern(root: Section, path: Path): boolean {
  const node = nodeAt(root, typeof path.at(-1) === 'number' ? path.slice(0, -1) : path);
  return node?.kind === 'option' && node.isPattern;
}

function pathsOfVariables(document: Document): Path[] {
  const paths: Path[] = [];
  visit(document, {
    Scalar(step, { value }, above) {
      if (step !== 'key' && typeof value === 'string' && variable.test(value)) {
        paths.push(pathOf(step, above));
      }
    },
  });
  return paths;
}

/** The keys and numbers that lead to a node: of a pair the key, of a list the number. */
function pathOf(step: number | 'key' | 'value' | null, above: readonly unknown[]): Path {
  return above.flatMap((node, depth): PropertyKey[] => {
    if (isPair(node)) return isScalar(node.key) ? [String(node.key.value)] : [];
    if (!isSeq(node)) return [];
    return [depth === above.length - 1 ? Number(step) : node.items.indexOf(above[depth + 1])];
  });
}
