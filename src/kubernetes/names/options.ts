import {
  customOption,
  flagOption,
  listOption,
  megabytesOption,
  pathOption,
  textOption,
  type Values,
} from '../../runtime/index.ts';
import { labelsOfControllers } from './labels-text.ts';

/** Whether to follow the API server: `auto` does in a Pod, or when a kubeconfig is named. */
export type Following = 'auto' | boolean;

const MEBI = 2 ** 20;

const maxObjectOctets = (maxOctets: number) =>
  megabytesOption(65_536, {
    description: 'memory for the objects of each kind; flows lack the names of objects beyond',
    default: maxOctets,
  });

const ofBoth = {
  enabled: customOption(
    {
      description:
        'whether to name flows by what the API server of the cluster knows; auto does in a Pod, or with a kubeconfig',
      value: 'auto, true or false',
      default: 'auto' as Following,
      json: { enum: ['auto', true, false] },
      write: String,
    },
    (found): Following | undefined => (found === 'auto' || typeof found === 'boolean' ? found : undefined),
  ),
  kubeconfig: pathOption('read', {
    description: 'a kubeconfig with the way to the API server; by default the ServiceAccount of the Pod',
    value: 'the path of a file',
  }),
  context: textOption({
    description: 'the context of that kubeconfig; by default its current one',
    value: 'a name',
  }),
};

/** The options of an agent's file. */
export const agentKubernetesOptions = { ...ofBoth, maxObjectOctets: maxObjectOctets(64 * MEBI) };

/** The options of an aggregator's file. */
export const aggregatorKubernetesOptions = {
  ...ofBoth,
  labels: flagOption({
    description: 'the labels of Pods in the records; recordContents.podLabels needs them as well',
    default: false,
  }),
  omitLabels: listOption(
    {
      description: 'labels of Pods that are left out',
      value: 'a list of keys of labels',
      default: labelsOfControllers as readonly string[],
      json: { type: 'string' },
    },
    (found) => (typeof found === 'string' ? found : undefined),
  ),
  maxObjectOctets: maxObjectOctets(512 * MEBI),
  uids: flagOption({ description: 'the UIDs of Pods, nodes and Services in the records', default: false }),
};

/** What an agent and an aggregator have in common. */
export type KubernetesSettings = Values<typeof agentKubernetesOptions>;
export type AggregatorKubernetesSettings = Values<typeof aggregatorKubernetesOptions>;
